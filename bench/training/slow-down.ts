import type { Figure } from "../harness/bench.ts";
import type { PythonChild } from "../harness/python-child.ts";
import { waitUntilIdle } from "../harness/server-idle.ts";
import { interleave, sampleOf } from "../harness/statistics.ts";
import { prepare, startTrainer, type Part, type TrainingCase } from "./training-case.ts";

const minuteMs = 60_000;
const smokeMinuteMs = 300;
const rounds = 4;
/** 29 million parameters: 350 MB with both moments of AdamW. */
const shape = { width: 512, blocks: 8 };
const smokeShape = { width: 64, blocks: 2 };
/** Steps until they take as long as they will. */
const warmUpSteps = 5;
const calibratingSteps = 20;
const maxLagMs = 120_000;

interface Description {
  readonly sizeBytes: number;
  readonly parameters: number;
  readonly threads: number;
}

interface Trained {
  readonly ms: number;
  /** How long the save held training up; 0 without one. */
  readonly stallMs: number;
  readonly isDurable: boolean;
}

/** A minute of training with one save, in turn with the same steps without one. */
export async function slowDown(training: TrainingCase): Promise<Part> {
  const { context, server, serverFolder } = training;
  const { width, blocks } = context.smoke ? smokeShape : shape;
  await using trainer = startTrainer(training, "loop.py", [width, blocks]);
  const described = await trainer.ask<Description>("describe");
  const steps = await stepsOfAMinute(trainer, context.smoke ? smokeMinuteMs : minuteMs);
  context.log(`${steps} steps of ${described.parameters} parameters take a minute`);
  const stalls: number[] = [];
  const processors: number[] = [];
  const lags: number[] = [];
  // The first save takes memory for its copy.
  await trainer.ask("train", { steps: 1, save: true });
  const segment = async (save: boolean) => {
    await prepare(training, described.sizeBytes);
    const before = server.processorMs();
    const trained = await trainer.ask<Trained>("train", { steps, save }, minuteMs + maxLagMs);
    if (save) {
      const startedAt = performance.now();
      await waitUntilIdle(serverFolder);
      lags.push(performance.now() - startedAt);
      stalls.push(trained.stallMs);
      processors.push(Math.max(server.processorMs() - before, 1));
      if (!trained.isDurable) context.log("the checkpoint was not durable at the end of its minute");
    }
    return trained.ms;
  };
  const times = await interleave(
    context.smoke ? 1 : rounds,
    [
      { name: "without saves", measure: () => segment(false) },
      { name: "with a save", measure: () => segment(true) },
    ],
    context.log,
  );
  const figures: readonly Figure[] = [
    {
      name: "a minute of training with one save",
      unit: "ms",
      ours: sampleOf(times, "with a save"),
      peer: { name: "without", sample: sampleOf(times, "without saves") },
      aim: { of: "ratio", bound: "at most", limit: 1.035 },
    },
    { name: "stall of a save while training", unit: "ms", ours: stalls },
    { name: "server's processor time for one such save", unit: "ms", ours: processors },
  ];
  return {
    figures,
    notes: [
      `Training: ${(described.parameters / 1e6).toFixed(1)} million parameters, a state of ${(described.sizeBytes / 1e6).toFixed(0)} MB, ${steps} steps for each figure, ${described.threads} threads of PyTorch on ${context.machine.processors} processors, which the server shares: copying, sending, storing and encoding take from what training has. ${rounds} minutes with a save and as many without, in turn, in one process; the state is saved after the first step of its minute.`,
      `Left for the server to do at the end of the minutes with a save: ${lags.map((lag) => `${(lag / 1e3).toFixed(1)} s`).join(", ")} (0.1 s of each is looking).`,
    ],
  };
}

/** How many steps take so long. */
async function stepsOfAMinute(trainer: PythonChild, durationMs: number): Promise<number> {
  await trainer.ask("train", { steps: warmUpSteps, save: false });
  const { ms } = await trainer.ask<Trained>("train", { steps: calibratingSteps, save: false });
  return Math.max(2, Math.round((durationMs * calibratingSteps) / ms));
}
