import { join } from "node:path";
import { SkippedError, type Bench } from "../harness/bench.ts";
import { freeBytes } from "../harness/machine.ts";
import { clientEnvironment, startModelBox } from "../harness/model-box-server.ts";
import { pythonWithTorch } from "../harness/python-environments.ts";
import { batches } from "./batches.ts";
import { resumes } from "./resumes.ts";
import { saves } from "./saves.ts";
import { slowDown } from "./slow-down.ts";
import { startTrainer, type TrainingCase } from "./training-case.ts";

/** Every state that is saved, what the cache of chunks has of it, and one by torch.save. */
const neededBytes = 16e9;
/** Of the transformer whose state has 1 GiB. */
const width = 1024;
const smokeWidth = 64;

interface Description {
  readonly sizeBytes: number;
  readonly torch: string;
}

/** What a training notices of ModelBox, through the SDK for Python. */
export const training: Bench = {
  name: "training",
  title: "asynchronous saves of a state of 1 GiB, training that goes on meanwhile, resuming, and metrics",
  async run(context) {
    if (!context.smoke && freeBytes(context.folder) < neededBytes)
      throw new SkippedError(`needs ${neededBytes / 1e9} GB in ${context.folder}; choose --folder`);
    const python = pythonWithTorch();
    const serverFolder = join(context.folder, "server");
    await using server = await startModelBox(context, serverFolder);
    const env = {
      ...clientEnvironment(server, context.folder),
      XDG_CACHE_HOME: join(context.folder, "cache"),
    };
    const one: TrainingCase = { context, python, server, serverFolder, env };
    await using trainer = startTrainer(one, "saving.py", [context.smoke ? smokeWidth : width]);
    const { sizeBytes, torch } = await trainer.ask<Description>("describe");
    const saved = await saves(one, trainer, sizeBytes);
    const parts = [
      saved,
      await batches(one, trainer),
      await resumes(one, trainer, sizeBytes, saved.lastStep + 1),
      await slowDown(one),
    ];
    return {
      figures: parts.flatMap(({ figures }) => figures),
      notes: [`PyTorch ${torch}.`, ...parts.flatMap(({ notes }) => notes)],
    };
  },
};
