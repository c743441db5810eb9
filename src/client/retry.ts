import { setTimeout as delay } from "node:timers/promises";
import { AbortedByCallerError, ConnectionError, ServerError } from "./errors.ts";

/** The first try included. With the waits below that is about six seconds, enough for a server to restart. */
export const MAX_ATTEMPTS = 7;
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2_000;
/** A server that asks for more patience than this is not worth waiting for. */
const LONGEST_RETRY_AFTER_MS = 30_000;

/** When to try again. */
export interface RetryOptions {
  readonly shouldRetry: (error: unknown) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Runs `attempt` until it succeeds, with growing and random waits between the tries. */
export async function withRetry<T>(attempt: () => Promise<T>, options: RetryOptions): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (tries === MAX_ATTEMPTS || options.signal?.aborted === true || !options.shouldRetry(error))
        throw error;
      await waitBeforeRetry(tries, error, options.signal);
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
