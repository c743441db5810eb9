import type { WatchChangesResponse } from "../gen/modelbox/v1/change_service_pb.ts";
import type { ObjectKind } from "../gen/modelbox/v1/common_pb.ts";
import { WATCH_HEARTBEAT_MS } from "../domain/limits.ts";
import { AbortedByCallerError, ConnectionError } from "./errors.ts";
import type { ModelBoxClient } from "./model-box-client.ts";
import { isTransient, MAX_ATTEMPTS, waitBeforeRetry } from "./retry.ts";
import { Deadline } from "./transfer/deadline.ts";

/** A server that misses this many signs of life is gone. */
const MISSED_HEARTBEATS = 3;

/** What to watch. */
export interface WatchOptions {
  /** Id or name. */
  readonly namespace: string;
  /** Only changes after this one; when it is not set, only those that come from now on. */
  readonly afterSequence?: bigint;
  /** Only these kinds; default all. */
  readonly kinds?: readonly ObjectKind[];
  /** Ends the watch without an error. */
  readonly signal?: AbortSignal;
}

/**
 * Changes as they are committed, each once, with the server's signs of life between them. A lost connection is made
 * anew, and the watch goes on from the last sequence number.
 */
export async function* watchChanges(
  client: ModelBoxClient,
  options: WatchOptions,
): AsyncGenerator<WatchChangesResponse, void, undefined> {
  const signal = options.signal ?? new AbortController().signal;
  let { afterSequence } = options;
  let failures = 0;
  while (!signal.aborted) {
    let failure: unknown;
    try {
      for await (const response of watchOnce(client, { ...options, afterSequence }, signal)) {
        afterSequence = response.sequence;
        failures = 0;
        yield response;
      }
    } catch (error) {
      failure = error;
    }
    failures += 1;
    if (signal.aborted) return;
    if (failure instanceof Error && !isWorthAnotherTry(failure, failures, client)) throw failure;
    await pause(failures, failure, signal);
  }
}

async function pause(failures: number, failure: unknown, signal: AbortSignal): Promise<void> {
  try {
    await waitBeforeRetry(failures, failure, signal);
  } catch (error) {
    // The end of the watch is no error: the loop sees it.
    if (!(error instanceof AbortedByCallerError)) throw error;
  }
}

async function* watchOnce(
  client: ModelBoxClient,
  options: Omit<WatchOptions, "afterSequence"> & { readonly afterSequence: bigint | undefined },
  signal: AbortSignal,
): AsyncGenerator<WatchChangesResponse, void, undefined> {
  const { namespace, kinds = [], afterSequence } = options;
  const request = { namespace, kinds: [...kinds], ...(afterSequence === undefined ? {} : { afterSequence }) };
  using deadline = new Deadline(client.http.baseUrl, MISSED_HEARTBEATS * WATCH_HEARTBEAT_MS, signal);
  try {
    for await (const response of client.changes.watchChanges(request, { signal: deadline.signal })) {
      deadline.extend();
      yield response;
    }
  } finally {
    // Leaving the loop does not close the connection.
    deadline.end();
  }
}

function isWorthAnotherTry(failure: unknown, failures: number, client: ModelBoxClient): boolean {
  if (failures >= MAX_ATTEMPTS || !isTransient(failure)) return false;
  return !(failure instanceof ConnectionError) || failure.maybeSeen || client.http.hasAnswered;
}
