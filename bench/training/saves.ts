import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Figure } from "../harness/bench.ts";
import type { PythonChild } from "../harness/python-child.ts";
import { waitUntilIdle } from "../harness/server-idle.ts";
import { interleave } from "../harness/statistics.ts";
import { prepare, type Part, type TrainingCase } from "./training-case.ts";

const rounds = 5;

/** Times of a save, from its start: until training goes on, and until the state is on stable storage. */
interface Save {
  readonly stallMs: number;
  readonly durableMs: number;
}

/** A save by ModelBox, and what the processors had to do for it. */
interface CountedSave extends Save {
  readonly trainerProcessorMs: number;
  /** Until the state was durable. */
  readonly serverProcessorMs: number;
  /** Of the server afterwards: it encodes what it got, with a low priority. */
  readonly laterProcessorMs: number;
}

/** Stall and durability of saves, in turn with torch.save to the same disk; the state changes before each. */
export async function saves(
  training: TrainingCase,
  trainer: PythonChild,
  sizeBytes: number,
): Promise<Part & { readonly lastStep: number }> {
  const { context } = training;
  const path = join(context.folder, "state.pt");
  const byTorch: Save[] = [];
  const byModelBox: CountedSave[] = [];
  let step = 0;
  const withTorch = async () => {
    await prepare(training, sizeBytes);
    await trainer.ask("change");
    const save = await trainer.ask<Save>("save_with_torch", { path });
    await rm(path);
    return save;
  };
  const withModelBox = async () => {
    await prepare(training, sizeBytes);
    await trainer.ask("change");
    step += 1;
    return await countedSave(training, trainer, step);
  };
  const firstByTorch = await withTorch();
  const first = await withModelBox();
  await interleave(
    context.smoke ? 1 : rounds,
    [
      {
        name: "torch.save",
        async measure() {
          byTorch.push(await withTorch());
          return byTorch.at(-1)?.durableMs ?? 0;
        },
      },
      {
        name: "ModelBox",
        async measure() {
          byModelBox.push(await withModelBox());
          return byModelBox.at(-1)?.durableMs ?? 0;
        },
      },
    ],
    context.log,
  );
  const against = (
    name: string,
    peer: string,
    value: (save: Save) => number,
    limit: number | undefined,
    ours: readonly Save[] = byModelBox,
    theirs: readonly Save[] = byTorch,
  ): Figure => ({
    name,
    unit: "ms",
    ours: ours.map(value),
    peer: { name: peer, sample: theirs.map(value) },
    ...(limit === undefined ? {} : { aim: { of: "ratio", bound: "at most", limit } }),
  });
  const stall = (save: Save) => save.stallMs;
  const processor = (name: string, value: (save: CountedSave) => number): Figure => ({
    name: `processor time of a save, ${name}`,
    unit: "ms",
    ours: byModelBox.map(value),
  });
  return {
    lastStep: step,
    figures: [
      against("stall of a save", "torch.save", stall, 0.15),
      against("stall of the first save", "torch.save", stall, undefined, [first], [firstByTorch]),
      against("save until durable", "torch.save, fsync", (save) => save.durableMs, 1.5),
      processor("trainer", (save) => save.trainerProcessorMs),
      processor("server", (save) => save.serverProcessorMs),
      processor("server, afterwards", (save) => save.laterProcessorMs),
    ],
    notes: [
      `Saves: ${(sizeBytes / 1e6).toFixed(0)} MB in tensors: weights and both moments of AdamW, all of which an optimizer's step changes before each save. \`torch.save(state, path)\` stalls until it returns, \`experiment.save(state, step)\` until the state is copied; durable is after \`fsync\` of the file, and when the handle says that the checkpoint is committed. The server is idle before, and no training goes on.`,
      "The first save takes memory for the copy from the system; later ones use it again. It was one of each, and counts in no other figure.",
    ],
  };
}

async function countedSave(
  { server, serverFolder }: TrainingCase,
  trainer: PythonChild,
  step: number,
): Promise<CountedSave> {
  const before = { trainer: trainer.processorMs(), server: server.processorMs() };
  const save = await trainer.ask<Save>("save_with_modelbox", { step });
  const durable = { trainer: trainer.processorMs(), server: server.processorMs() };
  await waitUntilIdle(serverFolder);
  return {
    ...save,
    // Clocks of processors count hundredths of a second; a save that is tiny takes none.
    trainerProcessorMs: Math.max(durable.trainer - before.trainer, 1),
    serverProcessorMs: Math.max(durable.server - before.server, 1),
    laterProcessorMs: Math.max(server.processorMs() - durable.server, 1),
  };
}
