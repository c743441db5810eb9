import type { ObjectKind } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import { WATCH_HEARTBEAT_MS } from "../../domain/limits.ts";
import type { Change } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { CHANGE_BATCH, logOf } from "./list.ts";
import { changeSignal } from "./signal.ts";

/** How soon a change that another process made is seen. */
const POLL_MS = 1_000;

export interface WatchChangesInput {
  /** Id or name. */
  readonly namespace: string;
  /** Undefined for those that come from now on. */
  readonly afterSequence: number | undefined;
  /** Empty for all. */
  readonly kinds: readonly ObjectKind[];
}

export interface WatchOptions {
  /**
   * Aborted when the client has gone, which ends the stream, or when the server stops: then the reason is a DomainError,
   * which is thrown so that clients come back.
   */
  readonly signal: AbortSignal;
  /** Default WATCH_HEARTBEAT_MS. */
  readonly heartbeatMs?: number;
  /** Default 1,000. */
  readonly pollMs?: number;
}

/** A change, or a sign of life without one. Everything up to `sequence` was sent or filtered out. */
export interface WatchMessage {
  readonly change: Change | undefined;
  readonly sequence: number;
}

/** A namespace's log, read up to a sequence number. */
interface Log {
  readonly namespaceId: string;
  readonly sequence: number;
}

interface Batch {
  readonly changes: readonly Change[];
  /** Everything up to this one is in the batch or filtered out. */
  readonly sequence: number;
  readonly caughtUp: boolean;
  readonly deleted: boolean;
}

/**
 * Sends the changes of a namespace after a sequence number in order and without gaps, then each new one as it is
 * committed. Ends after the namespace was deleted. Holds a batch at most: a slow reader is served from the log at its
 * own speed.
 */
export async function* watchChanges(
  context: ServiceContext,
  caller: Caller,
  input: WatchChangesInput,
  { signal, heartbeatMs = WATCH_HEARTBEAT_MS, pollMs = POLL_MS }: WatchOptions,
): AsyncGenerator<WatchMessage, void, undefined> {
  const log = await openLog(context, caller, input);
  let { sequence } = log;
  // Before the first read: what is committed after that read must wake this watcher.
  using changed = changeSignal(context.metadata, log.namespaceId, signal);
  yield { change: undefined, sequence };
  let lastMessageAt = performance.now();
  let first = true;
  while (!signal.aborted) {
    changed.reset();
    const batch = await readBatch(context, { ...log, sequence, kinds: input.kinds, first });
    first = false;
    for (const change of batch.changes) {
      yield { change, sequence: change.sequence };
      if (signal.aborted) break;
    }
    sequence = batch.sequence;
    if (batch.changes.length > 0) lastMessageAt = performance.now();
    if (!batch.caughtUp) continue;
    if (batch.deleted) return;
    const silentMs = performance.now() - lastMessageAt;
    if (silentMs >= heartbeatMs) {
      yield { change: undefined, sequence };
      lastMessageAt = performance.now();
    } else {
      await changed.wait(Math.min(pollMs, heartbeatMs - silentMs));
    }
  }
  if (signal.reason instanceof DomainError) throw signal.reason;
}

async function openLog(
  context: ServiceContext,
  caller: Caller,
  { namespace, afterSequence }: WatchChangesInput,
): Promise<Log> {
  return context.metadata.read(async (tx) => {
    const namespaceId = await logOf(tx, caller, namespace);
    const last = await tx.changes.lastSequence(namespaceId);
    if (afterSequence !== undefined && afterSequence > last) {
      throw new DomainError(
        "failed_precondition",
        "SEQUENCE_AHEAD",
        `The namespace's last change is ${last}, before ${afterSequence}: its log was restored from an older state. Read everything again, then watch from ${last}.`,
        { metadata: { last_sequence: String(last) } },
      );
    }
    return { namespaceId, sequence: afterSequence ?? last };
  });
}

function readBatch(
  context: ServiceContext,
  {
    namespaceId,
    sequence: after,
    kinds,
    first,
  }: Log & { readonly kinds: readonly ObjectKind[]; readonly first: boolean },
): Promise<Batch> {
  return context.metadata.read(async (tx) => {
    const changes = await tx.changes.list(namespaceId, after, kinds, CHANGE_BATCH);
    const caughtUp = changes.length < CHANGE_BATCH;
    if (!caughtUp) return { changes, caughtUp, sequence: changes.at(-1)?.sequence ?? after, deleted: false };
    const sequence = await tx.changes.lastSequence(namespaceId);
    // A deletion is a change too, so only news can bring one.
    const deleted = (first || sequence > after) && (await tx.namespaces.get(namespaceId)) === undefined;
    return { changes, caughtUp, sequence, deleted };
  });
}
