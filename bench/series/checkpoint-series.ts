import { mkdir, readdir, readFile, rename, stat } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { SkippedError, type BenchContext } from "../harness/bench.ts";
import { installPackages } from "../harness/debian-package.ts";
import { run } from "../harness/processes.ts";
import { simulateSeries } from "./simulated-series.ts";

const trainingProgram = join(import.meta.dir, "train.py");
const summaryFile = "training.json";
/** PyTorch for the processor, with a BLAS that uses its vector units; what a registry of Python has wants a GPU's libraries. */
const packages = ["python3-torch", "libopenblas0-pthread"];
const pythons = ["/usr/bin/python3", "python3"];

/** Successive checkpoints of one training, oldest first. */
export interface CheckpointSeries {
  readonly name: string;
  readonly checkpoints: readonly Checkpoint[];
  readonly rawBytes: number;
}

export interface Checkpoint {
  readonly step: number;
  readonly path: string;
}

/** The series, and how they were made, in one sentence. */
export interface MadeSeries {
  readonly series: readonly CheckpointSeries[];
  readonly origin: string;
}

/**
 * Trains a small transformer and saves its checkpoints, or takes them from the cache. A smoke run makes numbers up.
 */
export async function makeSeries(context: BenchContext): Promise<MadeSeries> {
  if (context.smoke) {
    const folder = join(context.folder, "series");
    await simulateSeries(folder);
    return { series: await readSeries(folder), origin: "Numbers that were made up." };
  }
  const cached = context.cacheFolder && join(context.cacheFolder, `series-${await programHash()}`);
  const folder = cached ?? join(context.folder, "series");
  if (!(await Bun.file(join(folder, summaryFile)).exists())) {
    const python = (await pythonWithTorch()) ?? (await installTorch(context));
    if (python === undefined)
      throw new SkippedError(
        `needs PyTorch; run as root: apt-get install --no-install-recommends ${packages.join(" ")}`,
      );
    await train(context, python, folder);
  }
  const { torch, parameters, seconds } = JSON.parse(await readFile(join(folder, summaryFile), "utf8")) as {
    torch: string;
    parameters: number;
    seconds: number;
  };
  return {
    series: await readSeries(folder),
    origin: `Trained with PyTorch ${torch} in ${seconds} s: ${(parameters / 1e6).toFixed(1)} million parameters.`,
  };
}

/** Complete or not there: a folder that is taken again must not be half of one. */
async function train(context: BenchContext, python: string, folder: string): Promise<void> {
  context.log("training a small transformer, which takes some minutes");
  const made = `${folder}.made`;
  await mkdir(made, { recursive: true });
  await run([python, trainingProgram, made], {
    env: { OPENBLAS_NUM_THREADS: "1" },
    limitMs: 1_500_000,
  });
  await mkdir(dirname(folder), { recursive: true });
  await rename(made, folder);
}

async function pythonWithTorch(): Promise<string | undefined> {
  for (const python of pythons) {
    try {
      await run([python, "-c", "import torch"]);
      return python;
    } catch {
      // Not this one.
    }
  }
  return undefined;
}

async function installTorch(context: BenchContext): Promise<string | undefined> {
  const reason = await installPackages(packages, context);
  if (reason !== undefined) context.log(`no PyTorch: ${reason}`);
  return await pythonWithTorch();
}

async function readSeries(folder: string): Promise<CheckpointSeries[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  return await Promise.all(names.toSorted().map((name) => readOne(folder, name)));
}

async function readOne(folder: string, name: string): Promise<CheckpointSeries> {
  const files = await readdir(join(folder, name));
  const checkpoints = files
    .filter((file) => file.startsWith("step-"))
    .map((file) => ({
      step: Number(file.slice("step-".length, -extname(file).length)),
      path: join(folder, name, file),
    }))
    .toSorted((one, other) => one.step - other.step);
  const sizes = await Promise.all(checkpoints.map(async ({ path }) => (await stat(path)).size));
  return { name, checkpoints, rawBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

async function programHash(): Promise<string> {
  return new Bun.CryptoHasher("sha256")
    .update(await readFile(trainingProgram))
    .digest("hex")
    .slice(0, 12);
}
