import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SkippedError, type Bench, type BenchContext, type Figure } from "../harness/bench.ts";
import { assertSameBytes, clear, settle, warmMemory } from "../harness/files.ts";
import { callJson } from "../harness/json-call.ts";
import { freeBytes } from "../harness/machine.ts";
import { clientEnvironment, startModelBox, type ModelBoxServer } from "../harness/model-box-server.ts";
import { run } from "../harness/processes.ts";
import { waitUntilIdle } from "../harness/server-idle.ts";
import { writeFrozenCheckpoints, type TransformerShape } from "./frozen-checkpoint.ts";

/** 1 GiB, two of 21 blocks of which are trained: 9.5 % of the bytes. */
const shape: TransformerShape = { blocks: 21, width: 1024, words: 4096 };
const smokeShape: TransformerShape = { blocks: 10, width: 128, words: 512 };
const rounds = 5;
/** Both files, the stored chunks, and a copy that is compared. */
const copies = 5;
const experiment = "bench/training";
const file = "model.safetensors";

/** One upload: what it took, and what went over the line. */
interface Sent {
  readonly durationMs: number;
  /** Of the client and the server. */
  readonly processorMs: number;
  readonly bytes: number;
}

/** The second of two checkpoints of which nine tenths are the same. */
export const reuse: Bench = {
  name: "reuse",
  title: "upload of a checkpoint of 1 GiB, and of the next one, nine tenths of whose tensors are the same",
  async run(context) {
    const folders = ["first", "second"].map((name) => join(context.folder, name));
    for (const folder of folders) await mkdir(folder);
    const [first, second] = folders.map((folder) => join(folder, file)) as [string, string];
    const { sizeBytes, changedBytes } = await writeFrozenCheckpoints(
      first,
      second,
      context.smoke ? smokeShape : shape,
    );
    if (freeBytes(context.folder) < copies * sizeBytes)
      throw new SkippedError(`needs ${(copies * sizeBytes) / 1e9} GB in ${context.folder}; choose --folder`);
    const firsts: Sent[] = [];
    const seconds: Sent[] = [];
    const unchanged: Sent[] = [];
    for (let round = 0; round < (context.smoke ? 1 : rounds); round += 1) {
      const [one, two, three] = await measure(context, [first, second, second], sizeBytes);
      if (!one || !two || !three) throw new Error("an upload was not measured");
      firsts.push(one);
      seconds.push(two);
      unchanged.push(three);
      context.log(`round ${round + 1}: ${[one, two, three].map(describe).join("; ")}`);
    }
    return {
      figures: [
        figure("bytes sent, the second", "MB", seconds, firsts, 0.12),
        figure("time, the second", "ms", seconds, firsts, 0.35),
        figure("processor time, the second", "ms", seconds, firsts),
        figure("bytes sent, the second again", "MB", unchanged, firsts),
        figure("time, the second again", "ms", unchanged, firsts),
      ],
      notes: [
        `${(sizeBytes / 1e6).toFixed(0)} MB, of which ${((100 * changedBytes) / sizeBytes).toFixed(1)} % differ between both.`,
        "Each upload is `client checkpoints create`, a whole process, with the file in the page cache and the server idle before. Bytes sent are those of all request bodies that the server received (its metric). Processor time is that of client and server. What was stored is downloaded and compared.",
      ],
    };
  },
};

/** Uploads the files one after the other to a new server. */
async function measure(context: BenchContext, paths: readonly string[], sizeBytes: number): Promise<Sent[]> {
  const folder = join(context.folder, "server");
  await mkdir(folder);
  try {
    await using server = await startModelBox(context, folder);
    await callJson(server, "ExperimentService/CreateExperiment", { namespace: "bench", name: "training" });
    const sent: Sent[] = [];
    for (const [index, path] of paths.entries()) {
      await warmMemory(context.folder, sizeBytes);
      await settle(context.folder);
      sent.push(await upload(context, server, path, index));
      await waitUntilIdle(folder);
    }
    await compareLast(context, server, paths.length - 1, paths.at(-1) ?? "");
    return sent;
  } finally {
    await clear(folder, context.folder);
  }
}

async function upload(
  context: BenchContext,
  server: ModelBoxServer,
  path: string,
  step: number,
): Promise<Sent> {
  const words = [
    "checkpoints",
    "create",
    "--experiment",
    experiment,
    "--step",
    String(step),
    path,
    "--quiet",
  ];
  const bytesBefore = await receivedBytes(server);
  const processorBefore = server.processorMs();
  const { durationMs, processorMs } = await run([context.executable, "client", ...words], {
    env: clientEnvironment(server, context.folder),
  });
  return {
    durationMs,
    processorMs: processorMs + server.processorMs() - processorBefore,
    bytes: (await receivedBytes(server)) - bytesBefore,
  };
}

async function compareLast(
  context: BenchContext,
  server: ModelBoxServer,
  step: number,
  path: string,
): Promise<void> {
  const output = join(context.folder, "restored");
  const words = ["checkpoints", "download", `${experiment}/step-${step}`, "--output", output, "--quiet"];
  await run([context.executable, "client", ...words], { env: clientEnvironment(server, context.folder) });
  await assertSameBytes(path, join(output, file));
  await clear(output, context.folder);
}

async function receivedBytes(server: ModelBoxServer): Promise<number> {
  const text = await (await fetch(`${server.httpAddr}/metrics`)).text();
  const values = [...text.matchAll(/^modelbox_received_bytes_total(?:\{[^}]*\})? (\S+)$/gm)];
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

function figure(
  name: string,
  unit: "MB" | "ms",
  ours: readonly Sent[],
  first: readonly Sent[],
  atMost?: number,
): Figure {
  const value = (one: Sent) => {
    if (unit === "MB") return one.bytes / 1e6;
    return name.startsWith("processor") ? one.processorMs : one.durationMs;
  };
  return {
    name,
    unit,
    ours: ours.map(value),
    peer: { name: "the first", sample: first.map(value) },
    ...(atMost === undefined ? {} : { aim: { of: "ratio", bound: "at most", limit: atMost } }),
  };
}

function describe({ durationMs, processorMs, bytes }: Sent): string {
  return `${durationMs.toFixed(0)} ms, processors ${processorMs.toFixed(0)} ms, ${(bytes / 1e6).toFixed(1)} MB`;
}
