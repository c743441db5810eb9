import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Figure } from "../harness/bench.ts";
import { run } from "../harness/processes.ts";
import { pythonEnvironment, type PythonChild } from "../harness/python-child.ts";
import { interleave, sampleOf, type Contestant } from "../harness/statistics.ts";
import { prepare, programPath, type Part, type TrainingCase } from "./training-case.ts";

const rounds = 5;

/** What a new process took to get the state, and what it got. */
interface Resumed {
  readonly ms: number;
  readonly fingerprint: string;
}

/** Restoring the state that the trainer has now, in new processes, in turn with torch.load from the same disk. */
export async function resumes(
  training: TrainingCase,
  trainer: PythonChild,
  sizeBytes: number,
  step: number,
): Promise<Part> {
  const { context, env } = training;
  const path = join(context.folder, "state.pt");
  const cache = join(context.folder, "cache");
  await trainer.ask("save_with_torch", { path });
  await trainer.ask("save_with_modelbox", { step });
  const { fingerprint } = await trainer.ask<{ fingerprint: string }>("look");
  // Its memory is worth more as page cache.
  await trainer[Symbol.asyncDispose]();

  const resume = async (...ways: readonly string[]) => {
    await prepare(training, sizeBytes);
    const { stdout } = await run([training.python, programPath("resume.py"), ...ways], {
      env: { ...pythonEnvironment, ...env },
    });
    const found = JSON.parse(stdout) as readonly Resumed[];
    if (found.some((resumed) => resumed.fingerprint !== fingerprint))
      throw new Error(`${ways.join(", ")} restored another state`);
    return found.map(({ ms }) => ms);
  };
  const alone = (name: string, way: string, before?: () => Promise<void>): Contestant => ({
    name,
    async measure() {
      await before?.();
      return (await resume(way))[0] ?? 0;
    },
  });
  const emptyCache = () => rm(cache, { recursive: true, force: true });
  const contestants = [
    alone("torch.load", path),
    alone("ModelBox", "modelbox"),
    alone("cache, empty", "modelbox-cache", emptyCache),
    // The one before has filled it, in an earlier round at the latest.
    alone("cache, warm", "modelbox-cache"),
  ];
  // Imports of PyTorch are most of a smoke run: one is enough there.
  const ways = [path, "modelbox", "modelbox-cache", "modelbox-cache"];
  const first = await resume(...ways);
  const times = context.smoke
    ? new Map(contestants.map(({ name }, place) => [name, first.slice(place, place + 1)]))
    : await interleave(rounds, contestants, context.log);
  const figure = (name: string, contestant: string, limit?: number): Figure => ({
    name,
    unit: "ms",
    ours: sampleOf(times, contestant),
    peer: { name: "torch.load", sample: sampleOf(times, "torch.load") },
    ...(limit === undefined ? {} : { aim: { of: "ratio", bound: "at most", limit } }),
  });
  await rm(path);
  return {
    figures: [
      figure("resume", "ModelBox", 2),
      figure("resume, cache of chunks warm", "cache, warm", 1.2),
      figure("resume, cache of chunks empty", "cache, empty"),
    ],
    notes: [
      "Resume: `experiment.restore()` and `torch.load(path)`, each in a new process that has imported what it needs, with the file and what the server stores in the page cache. The checkpoint is the newest one, which stays as it came for ten minutes. ModelBox checks every chunk. Every restored state had the same bytes.",
      "A server on the same machine is asked without the cache of chunks, unless one says otherwise (`cache=True`); `empty` fills it.",
    ],
  };
}
