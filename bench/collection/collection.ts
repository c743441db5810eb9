import { join } from "node:path";
import { SkippedError, type Bench, type BenchContext, type Figure } from "../harness/bench.ts";
import { freeBytes } from "../harness/machine.ts";
import { startModelBox } from "../harness/model-box-server.ts";
import { run } from "../harness/processes.ts";
import { percentile } from "../harness/statistics.ts";
import type { CollectRun } from "./collect-program.ts";
import { findMissing } from "./find-missing.ts";
import { fillIndex, storedDigests } from "./index-database.ts";

/** `MODELBOX_BENCH_CHUNKS` measures another number; 10,000,000 take a quarter of an hour and 20 GB. */
const CHUNKS = Number(process.env["MODELBOX_BENCH_CHUNKS"] ?? 1_000_000);
const SMALL_CHUNKS = 100_000;
const SMOKE_CHUNKS = 5_000;
const DIGESTS_PER_CALL = 1_000;
const CALLS = 100;
const WARM_CALLS = 10;
const BYTES_PER_CHUNK = 2_000;
const DAY_MS = 24 * 3_600_000;
const COLLECT_LIMIT_MS = 3_600_000;

/** What an index of many chunks costs: to ask it, and to collect from it. */
export const collection: Bench = {
  name: "collection",
  title: `an index of ${CHUNKS} chunks: what uploads ask, and collection, on SQLite`,
  async run(context) {
    const count = context.smoke ? SMOKE_CHUNKS : CHUNKS;
    const smallCount = context.smoke ? SMOKE_CHUNKS / 5 : SMALL_CHUNKS;
    if (freeBytes(context.folder) < count * BYTES_PER_CHUNK)
      throw new SkippedError(
        `needs ${(count * BYTES_PER_CHUNK) / 1e9} GB in ${context.folder}; choose --folder`,
      );
    const small = await makeIndex(context, smallCount);
    const large = await makeIndex(context, count);
    const figures: Figure[] = [...(await asked(context, large, count))];
    const walks = { small: await walk(context, small), large: await walk(context, large) };
    const sweeps = {
      small: await walk(context, small, DAY_MS),
      large: await walk(context, large, DAY_MS),
    };
    const again = await walk(context, large, 2 * DAY_MS);
    figures.push(
      memoryFigure("collection, peak, while it condemns one of ten", walks, smallCount),
      memoryFigure("collection, peak, while it removes them", sweeps, smallCount),
      perMillion("walk over 1,000,000 chunks, condemning one of ten", walks.large, count),
      perMillion("removing one of ten, and a walk, per 1,000,000", sweeps.large, count),
      perMillion("walk over 1,000,000 chunks that are all used", again, count),
    );
    return {
      figures,
      notes: [
        `p95 of ${CALLS} calls over Connect (protobuf), one after the other, each with other digests, on a server of its own; the digests that are there get held.`,
        "Nine of ten chunks are in files. Times of collection are processor time, in a process of its own without transfers.",
      ],
    };
  },
};

async function makeIndex(context: BenchContext, count: number): Promise<string> {
  const folder = join(context.folder, `chunks-${count}`);
  {
    await using _server = await startModelBox(context, folder);
  }
  const startedAt = performance.now();
  fillIndex(join(folder, "metadata.db"), count);
  context.log(`${count} chunks written in ${((performance.now() - startedAt) / 1e3).toFixed(0)} s`);
  return folder;
}

async function asked(context: BenchContext, folder: string, count: number): Promise<readonly Figure[]> {
  const perCall = Math.min(DIGESTS_PER_CALL, count / 20);
  const calls = context.smoke ? 2 : CALLS + WARM_CALLS;
  const stored = storedDigests(join(folder, "metadata.db"), count, perCall * calls);
  const absent = stored.map(() => Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("hex"));
  await using server = await startModelBox(context, folder, { MODELBOX_COLLECTION_ENABLED: "false" });
  const aim = { of: "value", bound: "at most", limit: 20 } as const;
  const p95 = (times: readonly number[]) => percentile(times.slice(context.smoke ? 0 : WARM_CALLS), 95);
  return [
    {
      name: `find-missing of ${DIGESTS_PER_CALL} digests, none there, p95`,
      unit: "ms",
      ours: [p95(await findMissing(server, absent, perCall, perCall))],
      aim,
    },
    {
      name: `find-missing of ${DIGESTS_PER_CALL} digests, all there, p95`,
      unit: "ms",
      ours: [p95(await findMissing(server, stored, perCall, 0))],
      aim,
    },
  ];
}

/** `laterMs`: how long after now. */
async function walk(context: BenchContext, folder: string, laterMs = 0): Promise<CollectRun> {
  const program = join(import.meta.dir, "collect-program.ts");
  const { stdout } = await run([process.execPath, program, join(folder, "metadata.db"), String(laterMs)], {
    limitMs: COLLECT_LIMIT_MS,
  });
  const result = JSON.parse(stdout) as CollectRun;
  context.log(`${folder.split("/").at(-1)}: ${stdout.trim()}`);
  return result;
}

function memoryFigure(
  name: string,
  { small, large }: { readonly small: CollectRun; readonly large: CollectRun },
  smallCount: number,
): Figure {
  return {
    name,
    unit: "MB",
    ours: [large.peak / 1e6],
    peer: { name: `${smallCount} chunks`, sample: [small.peak / 1e6] },
    aim: { of: "ratio", bound: "at most", limit: 1.25 },
  };
}

function perMillion(name: string, { processorMs }: CollectRun, count: number): Figure {
  return { name, unit: "ms", ours: [(processorMs / count) * 1e6] };
}
