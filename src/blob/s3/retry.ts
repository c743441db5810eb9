import { isTransient } from "./errors.ts";
import type { Patience } from "./options.ts";

/** An attempt that failed with what may pass by itself; another follows. */
export interface StoreRetry {
  /** The number of the attempt that failed, from 1. */
  readonly attempt: number;
  /** Until the next one. */
  readonly delayMs: number;
  readonly error: unknown;
}

/**
 * Does the work again while it fails with what may pass by itself, with growing, partly random delays: many servers
 * that were told to slow down must not come back together. Throws the last failure.
 */
export async function withRetries<T>(
  patience: Patience,
  signal: AbortSignal,
  onRetry: (retry: StoreRetry) => void,
  work: () => Promise<T>,
): Promise<T> {
  const begin = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const delayMs = delayAfter(patience, attempt);
      const isLate = performance.now() - begin + delayMs > patience.maxTotalMs;
      if (signal.aborted || isLate || attempt >= patience.maxAttempts || !isTransient(error)) throw error;
      onRetry({ attempt, delayMs, error });
      await pause(delayMs, signal);
    }
  }
}

/** Between half of the delay and all of it. */
function delayAfter({ firstDelayMs, maxDelayMs }: Patience, attempt: number): number {
  const fullMs = Math.min(maxDelayMs, firstDelayMs * 2 ** (attempt - 1));
  return fullMs * (0.5 + Math.random() / 2);
}

/** Ends early, and quietly, when the signal is aborted: the next attempt then fails by itself. */
function pause(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, delayMs);
    signal.addEventListener("abort", end, { once: true });
  });
}
