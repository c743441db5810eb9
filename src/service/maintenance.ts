import { REQUEST_ID_TTL_MS } from "../domain/limits.ts";
import type { ServiceContext } from "./context.ts";

/**
 * How long an ended lease can still be asked for, and how long an upload that was broken off can be resumed without
 * sending again what had arrived.
 */
const LEASE_RETENTION_MS = 24 * 3_600_000;
/** Rows that one transaction removes, so that callers never wait long for it. */
const BATCH = 1_000;
/** Transactions of one run; what is left waits for the next. */
const MAX_BATCHES = 100;

/** What a run has removed. */
export interface Purged {
  readonly requests: number;
  readonly leases: number;
}

/**
 * Removes remembered responses that are older than 24 hours and leases that ended as long ago. To be run
 * now and then, one run at a time; ends early when the signal is aborted.
 */
export async function purgeExpired(context: ServiceContext, signal?: AbortSignal): Promise<Purged> {
  const now = context.clock.nowMicros();
  const requests = await inBatches(signal, (limit) =>
    context.metadata.write((tx) => tx.requests.purge(now - REQUEST_ID_TTL_MS * 1000, limit)),
  );
  const leases = await inBatches(signal, (limit) =>
    context.metadata.write((tx) => tx.leases.purge(now - LEASE_RETENTION_MS * 1000, limit)),
  );
  return { requests, leases };
}

async function inBatches(
  signal: AbortSignal | undefined,
  purge: (limit: number) => Promise<number>,
): Promise<number> {
  let total = 0;
  for (let batch = 0; batch < MAX_BATCHES && signal?.aborted !== true; batch += 1) {
    const count = await purge(BATCH);
    total += count;
    if (count < BATCH) break;
  }
  return total;
}
