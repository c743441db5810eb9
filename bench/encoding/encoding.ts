import { encodeBest, type EncodedChunk } from "../../src/blob/encoding/choose-form.ts";
import { decodeUsingUp } from "../../src/blob/encoding/codec.ts";
import type { Bench, Figure, Sample } from "../harness/bench.ts";
import { successiveWeights, type Bytes } from "./successive-weights.ts";

const chunkBytes = 4 * 1024 * 1024;
const smokeBytes = 256 * 1024;
/** As many as are built on one another. */
const maxDepth = 5;
const rounds = 7;
/** The compiler of the engine needs some time to make loops fast. */
const warmUps = 12;
const minimumMbPerSecond = { encode: 250, decode: 400 };

/** What one thread encodes and decodes for each second of processor time. */
export const encoding: Bench = {
  name: "encoding",
  title:
    "chunks of successive weights, encoded and decoded by one thread: for each second of its processor time",
  async run({ smoke }) {
    const sizeBytes = smoke ? smokeBytes : chunkBytes;
    const figures: Figure[] = [];
    const notes: string[] = [];
    for (const kind of ["fp32", "bf16"] as const) {
      const steps = successiveWeights(kind, sizeBytes, maxDepth + 1);
      const newest = steps.at(-1) ?? new Uint8Array(0);
      const before = steps.at(-2) ?? newest;
      const repeat = smoke ? 1 : rounds;
      const alone = encodeBest(newest, undefined);
      const difference = encodeBest(before, newest);
      notes.push(
        `${kind}: ${share(alone, sizeBytes)} of the bytes without a base, ${share(difference, sizeBytes)} as the difference to the next.`,
      );
      const encode = minimumMbPerSecond.encode;
      figures.push(
        figure(
          `${kind}: encode without base`,
          measure(sizeBytes, repeat, () => encodeBest(newest, undefined)),
          encode,
        ),
        figure(
          `${kind}: encode as difference`,
          measure(sizeBytes, repeat, () => encodeBest(before, newest)),
          encode,
        ),
      );
      const chain = chainOf(steps);
      for (let depth = 0; depth <= maxDepth; depth += 1) {
        const read = measure(sizeBytes, repeat, () => readAt(chain, depth, sizeBytes));
        figures.push(figure(`${kind}: decode at depth ${depth}`, read, minimumMbPerSecond.decode));
      }
      for (const [depth, step] of steps.toReversed().entries())
        if (!Buffer.from(readAt(chain, depth, sizeBytes)).equals(step))
          throw new Error("decoded other bytes");
    }
    return { figures, notes };
  },
};

/** The newest without a base, then each older one as the difference to the next. */
function chainOf(steps: readonly Bytes[]): readonly EncodedChunk[] {
  return steps.toReversed().map((bytes, index, newestFirst) => encodeBest(bytes, newestFirst[index - 1]));
}

function readAt(chain: readonly EncodedChunk[], depth: number, sizeBytes: number): Bytes {
  let base: Bytes | undefined;
  for (const { form, stored } of chain.slice(0, depth + 1))
    base = decodeUsingUp(form.encoding, stored, sizeBytes, base);
  return base ?? new Uint8Array(0);
}

function share({ stored }: EncodedChunk, sizeBytes: number): string {
  return (stored.byteLength / sizeBytes).toFixed(3);
}

function measure(sizeBytes: number, repeat: number, work: () => void): Sample {
  for (let index = 0; index < warmUps; index += 1) work();
  return Array.from({ length: repeat }, () => {
    const begin = process.cpuUsage();
    for (let index = 0; index < 4; index += 1) work();
    const { user, system } = process.cpuUsage(begin);
    return (4 * sizeBytes) / Math.max(user + system, 1);
  });
}

function figure(name: string, ours: Sample, limit: number): Figure {
  return { name, unit: "MB/s", ours, aim: { of: "value", bound: "at least", limit } };
}
