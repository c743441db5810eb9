import type { Logger } from "../observability/logger.ts";

/** A store that is slow for everybody fails hundreds of requests at once; one of them says why. */
const MIN_INTERVAL_MS = 1_000;

/** An attempt that failed, and is followed by another. */
interface StoreRetry {
  readonly attempt: number;
  readonly delayMs: number;
  readonly error: unknown;
}

/**
 * Writes a line for a request to the object store that is tried again: at most one a second, with how many went without
 * one since the last.
 */
export function storeRetryLog(log: Pick<Logger, "warn">, now = performance.now.bind(performance)) {
  let lastMs = -Infinity;
  let untold = 0;
  return ({ attempt, delayMs, error }: StoreRetry): void => {
    if (now() - lastMs < MIN_INTERVAL_MS) {
      untold += 1;
      return;
    }
    log.warn({ attempt, delay_ms: Math.round(delayMs), untold, err: error }, "object store asked again");
    lastMs = now();
    untold = 0;
  };
}
