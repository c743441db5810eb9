import { setTimeout as delay } from "node:timers/promises";
import { AbortedByCallerError, ConnectionError, ServerError } from "./errors.ts";

/** The first try included. With the waits below that is about four seconds. */
export const MAX_ATTEMPTS = 7;
/** A transfer that has begun outlives a server that drains, by default for 30 seconds, and starts again. */
export const TRANSFER_PATIENCE_MS = 60_000;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
/** A server that asks for more patience than this is not worth waiting for. */
const LONGEST_RETRY_AFTER_MS = 30_000;

/** When to try again. */
export interface RetryOptions {
  readonly shouldRetry: (error: unknown) => boolean;
  readonly signal?: AbortSignal | undefined;
  /** Tries don't end before so much time has gone by since the first failure. Default: 0, then their number decides. */
  readonly patienceMs?: number | undefined;
}

/** Runs `attempt` until it succeeds, with growing and random waits between the tries. */
export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { patienceMs = 0, signal } = options;
  let failedAtMs: number | undefined;
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      failedAtMs ??= performance.now();
      const isPatient = tries < MAX_ATTEMPTS || performance.now() - failedAtMs < patienceMs;
      if (!isPatient || signal?.aborted === true || !options.shouldRetry(error)) throw error;
      await waitBeforeRetry(tries, error, signal);
    }
  }
}

/** True for what another try may cure when repeating the request can't repeat its effect. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ConnectionError) return !error.isLasting;
  if (!(error instanceof ServerError)) return false;
  if (error.retryAfterMs !== undefined) return error.retryAfterMs <= LONGEST_RETRY_AFTER_MS;
  return error.kind === "unavailable";
}

/** Waits after the given number of tries: longer each time, with chance in it so that many clients don't come at once. */
export async function waitBeforeRetry(
  tries: number,
  error: unknown,
  signal: AbortSignal | undefined,
): Promise<void> {
  const asked = error instanceof ServerError ? error.retryAfterMs : undefined;
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), LONGEST_WAIT_MS);
  const chance = 0.5 + Math.random() / 2;
  const timeMs = asked === undefined ? longest * chance : asked + FIRST_WAIT_MS * chance;
  try {
    await delay(timeMs, undefined, signal === undefined ? {} : { signal });
  } catch (cause) {
    throw new AbortedByCallerError("The call was ended while it waited for another try.", { cause });
  }
}
