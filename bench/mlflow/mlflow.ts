import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  SkippedError,
  type Bench,
  type BenchContext,
  type Figure,
  type Report,
  type Sample,
} from "../harness/bench.ts";
import { assertSameBytes, clear, settle, warmMemory, writeRandomFile } from "../harness/files.ts";
import { freeBytes } from "../harness/machine.ts";
import { clientEnvironment, startModelBox } from "../harness/model-box-server.ts";
import { run } from "../harness/processes.ts";
import { pythonEnvironment, startPython, type PythonChild } from "../harness/python-child.ts";
import { pythonWithMlflow, pythonWithModelBox } from "../harness/python-environments.ts";
import { waitUntilIdle } from "../harness/server-idle.ts";
import { interleave, sampleOf } from "../harness/statistics.ts";
import {
  mlflowDatabase,
  mlflowDefaultWorkers,
  mlflowEnvironment,
  mlflowVersion,
  startMlflow,
} from "../peers/mlflow.ts";

interface Sizes {
  readonly runs: number;
  readonly fileBytes: number;
  /** Of metrics and searches; of files. */
  readonly rounds: number;
  readonly fileRounds: number;
  /** Metrics that are logged one by one for each figure. */
  readonly singles: number;
  /** Of MLflow's server, each of which takes seconds of a processor to start. */
  readonly workers: number;
}

const full: Sizes = {
  runs: 10_000,
  fileBytes: 1024 ** 3,
  rounds: 9,
  fileRounds: 5,
  singles: 100,
  workers: mlflowDefaultWorkers,
};
const smoke: Sizes = { runs: 60, fileBytes: 4 * 1024 ** 2, rounds: 1, fileRounds: 1, singles: 5, workers: 1 };
/** The files of all rounds on either server, what is sent, and what is fetched. */
const neededBytes = 17e9;
const batch = { keys: 10, steps: 100 };
const pageSize = 50;
const fillLimitMs = 900_000;
const fileLimitMs = 600_000;
const ours = "ModelBox";
const peer = "MLflow";
const file = "model.bin";

/** One of the two, with a client that is warm. */
interface Side {
  readonly name: string;
  readonly client: PythonChild;
  /** Processor time that client and server have taken so far. */
  readonly processorMs: () => number;
  /** Waits for what its server does on its own. */
  readonly idle: () => Promise<void>;
}

/** What people do with MLflow, done with MLflow and with ModelBox. */
export const mlflow: Bench = {
  name: "mlflow",
  title: "metrics, artifacts of 1 GiB, and searches over 10,000 runs, each through its own Python client",
  async run(context) {
    const sizes = context.smoke ? smoke : full;
    if (!context.smoke && freeBytes(context.folder) < neededBytes)
      throw new SkippedError(`needs ${neededBytes / 1e9} GB in ${context.folder}; choose --folder`);
    const python = pythonWithMlflow();
    await using stack = new AsyncDisposableStack();
    const sides = await Promise.all([
      openModelBox(context, stack, pythonWithModelBox(), sizes),
      openMlflow(context, stack, python, sizes),
    ]);
    for (const side of sides) await side.idle();
    const metrics = await logMetrics(context, sides, sizes);
    const search = await searchRuns(context, sides, sizes);
    const files = await moveFiles(context, sides, sizes);
    return report(sizes, { ...metrics, search, ...files }, await mlflowVersion(python));
  },
};

async function openModelBox(
  context: BenchContext,
  stack: AsyncDisposableStack,
  python: string,
  { runs }: Sizes,
): Promise<Side> {
  const folder = join(context.folder, "modelbox");
  const server = stack.use(await startModelBox(context, folder));
  const client = stack.use(
    startPython(
      python,
      [join(import.meta.dir, "modelbox_client.py")],
      join(context.folder, "modelbox-client.log"),
      {
        ...clientEnvironment(server, context.folder),
        XDG_CACHE_HOME: join(context.folder, "cache"),
      },
    ),
  );
  context.log(`making ${runs} runs for ${ours}`);
  await client.ask("fill", { count: runs }, fillLimitMs);
  return {
    name: ours,
    client,
    processorMs: () => client.processorMs() + server.processorMs(),
    idle: () => waitUntilIdle(folder),
  };
}

async function openMlflow(
  context: BenchContext,
  stack: AsyncDisposableStack,
  python: string,
  { runs, workers }: Sizes,
): Promise<Side> {
  const folder = join(context.folder, "mlflow");
  await mkdir(folder);
  context.log(`making ${runs} runs for ${peer}`);
  const env = { ...pythonEnvironment, ...mlflowEnvironment };
  const fill = join(import.meta.dir, "fill_mlflow.py");
  await run([python, fill, mlflowDatabase(folder), String(runs)], { env, cwd: folder, limitMs: fillLimitMs });
  const server = stack.use(await startMlflow(python, folder, workers));
  const client = stack.use(
    startPython(
      python,
      [join(import.meta.dir, "mlflow_client.py"), server.uri],
      join(context.folder, "mlflow-client.log"),
      mlflowEnvironment,
    ),
  );
  return {
    name: peer,
    client,
    processorMs: () => client.processorMs() + server.processorMs(),
    idle: async () => {},
  };
}

/** By the name of a side, in milliseconds: by the clock, and of the processors, client and server together. */
interface Measured {
  readonly time: ReadonlyMap<string, Sample>;
  readonly processor: ReadonlyMap<string, Sample>;
}

/** Each in turn; once before it counts. What `prepare` takes counts never. */
async function inTurn(
  context: BenchContext,
  rounds: number,
  sides: readonly Side[],
  measure: (side: Side) => Promise<number>,
  prepare: () => Promise<void> = async () => {},
): Promise<Measured> {
  for (const side of sides) {
    await prepare();
    await measure(side);
  }
  const processor = new Map<string, number[]>(sides.map(({ name }) => [name, []]));
  const contestants = sides.map((side) => ({
    name: side.name,
    async measure() {
      await prepare();
      const before = side.processorMs();
      const ms = await measure(side);
      processor.get(side.name)?.push(Math.max(side.processorMs() - before, 1));
      return ms;
    },
  }));
  return { time: await interleave(rounds, contestants, context.log), processor };
}

async function logMetrics(context: BenchContext, sides: readonly Side[], { rounds, singles }: Sizes) {
  let step = 0;
  const next = () => {
    step += Math.max(singles, batch.steps);
    return step;
  };
  await settle(context.folder);
  const single = await inTurn(context, rounds, sides, ({ client }) =>
    client.ask<number>("log_one_by_one", { step: next(), count: singles }),
  );
  const batches = await inTurn(context, rounds, sides, ({ client }) =>
    client.ask<number>("log_batch", { step: next(), ...batch }),
  );
  return { single, batches };
}

interface FoundRuns {
  readonly ms: number;
  readonly names: readonly string[];
}

async function searchRuns(context: BenchContext, sides: readonly Side[], { rounds }: Sizes) {
  const answers = new Set<string>();
  const times = await inTurn(context, rounds, sides, async ({ client }) => {
    const { ms, names } = await client.ask<FoundRuns>("search", { wanted: pageSize });
    if (names.length === 0) throw new Error("a search found nothing");
    answers.add(names.join());
    return ms;
  });
  if (answers.size !== 1) throw new Error(`${ours} and ${peer} found other runs, or in another order`);
  return times;
}

/** Both get the same new bytes in each round. */
async function moveFiles(context: BenchContext, sides: readonly Side[], sizes: Sizes) {
  const { fileBytes, fileRounds } = sizes;
  const folder = join(context.folder, "sent");
  await mkdir(folder);
  const path = join(folder, file);
  const quiet = async () => {
    for (const side of sides) await side.idle();
    await settle(context.folder);
    await warmMemory(context.folder, 2 * fileBytes);
  };
  let turn = 0;
  const nameOf = (number: number) => `round-${Math.floor(number / sides.length)}`;
  const upload = await inTurn(
    context,
    fileRounds,
    sides,
    async ({ client }) => {
      const name = nameOf(turn);
      turn += 1;
      return await client.ask<number>("upload", { path, name }, fileLimitMs);
    },
    async () => {
      if (turn % sides.length === 0) await writeRandomFile(path, fileBytes);
      await quiet();
    },
  );
  const name = nameOf(turn - 1);
  const target = join(context.folder, "fetched");
  const download = await inTurn(
    context,
    fileRounds,
    sides,
    async ({ client }) => {
      await mkdir(target);
      const ms = await client.ask<number>("download", { name, file, folder: target }, fileLimitMs);
      await assertSameBytes(path, await pathIn(target));
      await clear(target, context.folder);
      return ms;
    },
    quiet,
  );
  return { upload, download };
}

/** MLflow keeps the folders of what it downloads. */
async function pathIn(folder: string): Promise<string> {
  const [found, ...others] = await Array.fromAsync(new Bun.Glob(`**/${file}`).scan(folder));
  if (found === undefined || others.length > 0) throw new Error(`${folder} has other files than ${file}`);
  return join(folder, found);
}

type Times = Readonly<Record<"single" | "batches" | "search" | "upload" | "download", Measured>>;

function report({ runs, fileBytes, singles, workers }: Sizes, times: Times, version: string): Report {
  const time = (name: string, of: ReadonlyMap<string, Sample>, limit?: number): Figure => ({
    name,
    unit: "ms",
    ours: sampleOf(of, ours),
    peer: { name: peer, sample: sampleOf(of, peer) },
    ...(limit === undefined ? {} : { aim: { of: "ratio", bound: "at most", limit } }),
  });
  const speed = (name: string, of: ReadonlyMap<string, Sample>): Figure => {
    const speedOf = (side: string) => sampleOf(of, side).map((ms) => fileBytes / 1e3 / ms);
    return {
      name,
      unit: "MB/s",
      ours: speedOf(ours),
      peer: { name: peer, sample: speedOf(peer) },
      aim: { of: "ratio", bound: "at least", limit: 5 },
    };
  };
  return {
    figures: [
      time("log a metric", times.single.time, 1),
      time("log 1,000 metrics in a batch", times.batches.time, 0.2),
      time(`search over ${runs.toLocaleString("en")} runs`, times.search.time, 1),
      speed("artifact, upload", times.upload.time),
      speed("artifact, download", times.download.time),
      time(`processor time of ${singles} metrics, one by one`, times.single.processor),
      time("processor time of a batch", times.batches.processor),
      time("processor time of a search", times.search.processor),
      time("processor time of an upload", times.upload.processor),
      time("processor time of a download", times.download.processor),
    ],
    notes: [
      `MLflow ${version}: \`mlflow server\` with SQLite, artifacts in a folder that clients reach through the server (\`mlflow-artifacts:\`, its default), and ${workers} workers (4 is its default), without its execution of jobs. ModelBox's server with its embedded database and a folder. Both as they come, on loopback, on the same disk, each used by one process through its own Python client (MlflowClient, modelbox.ModelBox), which has done everything once before.`,
      `A metric is the mean of ${singles} calls, each waited for: \`log_metric\`, \`log_metrics\`. A batch has ${batch.keys} keys at ${batch.steps} steps: \`log_batch\`, \`log_metric_points\`; making the points counts.`,
      `Runs have five parameters and five metrics with a point each. MLflow's are runs of one experiment, filled by MLflow's models of its tables; ModelBox's are experiments of one namespace, with labels. Both searches filter by a parameter and a metric, order by another metric, fetch the first ${pageSize}, and found the same in the same order.`,
      "Processor time is that of client and server together, all processes of MLflow's server among them, until the client has its answer.",
      "Artifacts are one file of random bytes, new for each round, in the page cache. ModelBox flushes what it stores, and checks every byte in both directions; MLflow does neither.",
    ],
  };
}
