import { copyFile, link, mkdir, readdir, rm } from "node:fs/promises";
import { extname, join } from "node:path";
import { SkippedError, type Bench, type BenchContext, type Figure } from "../harness/bench.ts";
import { assertSameBytes, clear, settle, warmMemory } from "../harness/files.ts";
import { freeBytes } from "../harness/machine.ts";
import { findKeepers } from "../peers/checkpoint-keepers.ts";
import { makeSeries, type CheckpointSeries } from "./checkpoint-series.ts";
import { sumOf, type Afterwards, type Cost, type Keeper, type KeeperKind } from "./keeper.ts";
import { modelBoxKeeper } from "./model-box-keeper.ts";

/** The series, and what a store of several stores at the same time at most. */
const neededBytes = 6e9;
/** Most stored bytes for each raw one. */
const storedAims: Readonly<Record<string, number>> = {
  "fp32-adam": 0.65,
  fp32: 0.65,
  bf16: 0.25,
  "last-block": 0.45,
};
/** Only of these something is promised for the time. */
const slowerThanOurs: readonly string[] = ["restic", "restic max", "borg lz4", "borg zstd"];
const ours = "ModelBox";

/** What a tool needed for a series. */
interface Kept {
  readonly storedBytes: number;
  readonly store: Cost;
  readonly afterwards: Afterwards | undefined;
  readonly restore: Cost;
}

/** Successive checkpoints of a training, kept by ModelBox and by other tools. */
export const checkpoints: Bench = {
  name: "checkpoints",
  title: "successive checkpoints of a small transformer, stored one after the other, and restored",
  async run(context) {
    if (!context.smoke && freeBytes(context.folder) < neededBytes)
      throw new SkippedError(`needs ${neededBytes / 1e9} GB in ${context.folder}; choose --folder`);
    const { series: all, origin } = await makeSeries(context);
    const series = context.smoke ? all.slice(0, 1) : all;
    const kinds = [modelBoxKeeper(context), ...(await findKeepers(context))];
    const figures: Figure[] = [];
    const notes: string[] = [];
    for (const [turn, one] of series.entries()) {
      const kept = new Map<string, Kept>();
      // Nothing is promised for a series without an aim: it shows how far ModelBox gets, and the others take time.
      const taking = one.name in storedAims ? kinds : kinds.slice(0, 1);
      for (const index of taking.keys()) {
        const kind = taking[(index + turn) % taking.length];
        if (kind) kept.set(kind.name, await measure(context, kind, one));
      }
      figures.push(...figuresOf(one, kept));
      notes.push(...notesOf(one, kept));
    }
    return {
      figures,
      notes: [
        origin,
        "Raw is the size of the files. Stored counts all files that must be kept, ModelBox's database among them. Times are the sum of whole processes, one or more for each checkpoint, by the clock; in brackets processor time, the server's included. The files are in the page cache.",
        "restic (which always encrypts), borg (without encryption) and ModelBox flush what they store; cp and git-lfs do not. git-lfs keeps a second copy of everything in the work folder, which is not counted. Every restored file was compared byte by byte.",
        "ModelBox encodes in the background, in the same processes, while the next checkpoint is stored and afterwards.",
        ...notes,
      ],
    };
  },
};

async function measure(context: BenchContext, kind: KeeperKind, series: CheckpointSeries): Promise<Kept> {
  const folder = join(context.folder, "keeper");
  const [store, work, restored] = ["store", "work", "restored"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const one of [store, work]) await mkdir(one, { recursive: true });
  try {
    await warmMemory(context.folder, series.rawBytes);
    const fileName = `checkpoint${extname(series.checkpoints[0]?.path ?? "")}`;
    await using keeper = await kind.open(store, fileName);
    const storing: Cost[] = [];
    for (const checkpoint of series.checkpoints) {
      const path = join(work, fileName);
      await placeFile(checkpoint.path, path);
      storing.push(await keeper.store(path, checkpoint.step));
    }
    const afterwards = await keeper.afterwards?.();
    const storedBytes = await keeper.storedBytes();
    await rm(work, { recursive: true });
    await settle(context.folder);
    await warmMemory(context.folder, series.rawBytes);
    const kept = {
      storedBytes,
      store: sumOf(storing),
      afterwards,
      restore: await restoreAll(keeper, series, restored, fileName),
    };
    context.log(`${series.name}: ${kind.name}: ${describe(series, kept)}`);
    return kept;
  } finally {
    await clear(folder, context.folder);
  }
}

/** As a training would leave it there: complete, and at the same path each time. */
async function placeFile(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  try {
    await link(from, to);
  } catch {
    // Another file system.
    await copyFile(from, to);
  }
}

async function restoreAll(
  keeper: Keeper,
  series: CheckpointSeries,
  folder: string,
  fileName: string,
): Promise<Cost> {
  const costs: Cost[] = [];
  for (const { path, step } of series.checkpoints) {
    await mkdir(folder);
    costs.push(await keeper.restore(step, folder));
    const files = await readdir(folder);
    if (files.length !== 1) throw new Error(`restored ${files.join(", ")} instead of ${fileName}`);
    await assertSameBytes(path, join(folder, fileName));
    await rm(folder, { recursive: true });
  }
  return sumOf(costs);
}

function figuresOf(series: CheckpointSeries, kept: ReadonlyMap<string, Kept>): Figure[] {
  const own = kept.get(ours);
  if (!own) throw new Error(`${ours} kept nothing`);
  const peers = [...kept].filter(([name]) => name !== ours);
  const aim = storedAims[series.name];
  const stored = `${series.name}: stored`;
  return [
    {
      name: stored,
      unit: "MB",
      ours: [own.storedBytes / 1e6],
      peer: { name: "raw", sample: [series.rawBytes / 1e6] },
      ...(aim === undefined ? {} : { aim: { of: "ratio", bound: "at most", limit: aim } }),
    },
    ...peers.map(([name, peer]): Figure => ({
      name: stored,
      unit: "MB",
      ours: [own.storedBytes / 1e6],
      peer: { name, sample: [peer.storedBytes / 1e6] },
      aim: { of: "ratio", bound: "at most", limit: 1 },
    })),
    ...(["store", "restore"] as const).flatMap((way) =>
      peers.map(([name, peer]): Figure => ({
        name: `${series.name}: ${way}`,
        unit: "ms",
        ours: [own[way].durationMs],
        peer: { name, sample: [peer[way].durationMs] },
        ...(slowerThanOurs.includes(name) ? { aim: { of: "ratio", bound: "at most", limit: 1 } } : {}),
      })),
    ),
  ];
}

function notesOf(series: CheckpointSeries, kept: ReadonlyMap<string, Kept>): string[] {
  return [...kept].map(([name, one]) => `${series.name}, ${name}: ${describe(series, one)}.`);
}

function describe(series: CheckpointSeries, { storedBytes, store, restore, afterwards }: Kept): string {
  const share = (storedBytes / series.rawBytes).toFixed(3);
  const then =
    afterwards === undefined ? "" : `; background ${seconds(afterwards.cost)}, ${afterwards.remark}`;
  return `stored ÷ raw ${share}, store ${seconds(store)}, restore ${seconds(restore)}${then}`;
}

function seconds({ durationMs, processorMs }: Cost): string {
  return `${(durationMs / 1e3).toFixed(2)} s (${(processorMs / 1e3).toFixed(2)} s)`;
}
