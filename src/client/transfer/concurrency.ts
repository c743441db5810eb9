import { InvalidInputError } from "../errors.ts";
import { MAX_CONCURRENCY } from "./limits.ts";

/** The number of requests at once, if it is one that makes sense. */
export function checkConcurrency(concurrency: number): number {
  if (Number.isInteger(concurrency) && concurrency >= 1 && concurrency <= MAX_CONCURRENCY) return concurrency;
  throw new InvalidInputError(
    `The concurrency is a whole number from 1 to ${MAX_CONCURRENCY}, not ${concurrency}.`,
  );
}
