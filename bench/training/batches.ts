import type { Figure } from "../harness/bench.ts";
import type { PythonChild } from "../harness/python-child.ts";
import { interleave, sampleOf } from "../harness/statistics.ts";
import { prepare, type Part, type TrainingCase } from "./training-case.ts";

const rounds = 15;
const smokeRounds = 2;
const points = 1_000;
const keys = 10;
const limitMs = 50;

/** 1,000 metrics in a call: as many keys at one step, and a few keys at many steps. */
export async function batches(training: TrainingCase, trainer: PythonChild): Promise<Part> {
  const { context } = training;
  let step = 0;
  const next = () => {
    step += points;
    return step;
  };
  const oneStep = () => trainer.ask<number>("log_one_step", { step: next(), keys: points });
  const manySteps = () => trainer.ask<number>("log_many_steps", { step: next(), keys, steps: points / keys });
  await prepare(training, 0);
  await oneStep();
  await manySteps();
  const times = await interleave(
    context.smoke ? smokeRounds : rounds,
    [
      { name: "one step", measure: oneStep },
      { name: "many steps", measure: manySteps },
    ],
    context.log,
  );
  const figure = (name: string, contestant: string): Figure => ({
    name,
    unit: "ms",
    ours: sampleOf(times, contestant),
    aim: { of: "value", bound: "at most", limit: limitMs },
  });
  return {
    figures: [
      figure("1,000 metrics of one step", "one step"),
      figure(`1,000 metrics, ${keys} keys at ${points / keys} steps`, "many steps"),
    ],
    notes: ["Metrics: one call each, until the server has them on stable storage."],
  };
}
