import { failedPrecondition } from "../domain/errors.ts";
import type { MetadataReader, MetadataWriter } from "../domain/metadata-store.ts";
import { decodePlain, encodePlain } from "../domain/plain-json.ts";
import type { NewChange } from "../domain/views.ts";
import type { Caller, ServiceContext } from "./context.ts";
import { fingerprintOf } from "./fingerprint.ts";

/** Changes that wait in memory before they are stored; keeps deletions of many objects small. */
const MAX_PENDING_CHANGES = 500;

/** What identifies a call, so that a retry of it is answered and not repeated. */
export interface MutationCall {
  /** Name of the RPC. */
  readonly method: string;
  /** "" when the caller gave none: then every call is a new one. */
  readonly requestId: string;
  /** Plain data that is equal for equal requests. */
  readonly request: unknown;
}

/** A write transaction with what use cases need in it. */
export interface Mutation {
  readonly tx: MetadataWriter;
  readonly caller: Caller;
  /** One time for all that the call writes. */
  readonly now: number;
  /** Stores a change row, at the latest when the work ends. */
  readonly record: (change: Omit<NewChange, "actor" | "time">) => Promise<void>;
}

/**
 * Runs the work in one write transaction, and stores its changes and its response with it. The response must be plain
 * data. A call whose request id was answered before gets that answer, and the work does not run.
 */
export async function mutate<R>(
  context: ServiceContext,
  caller: Caller,
  call: MutationCall,
  work: (mutation: Mutation) => Promise<R>,
): Promise<R> {
  const fingerprint = call.requestId === "" ? "" : fingerprintOf(call.request);
  return context.metadata.write(async (tx) => {
    const answer = await find<R>(tx, caller, call, fingerprint);
    if (answer !== undefined) return answer.response;
    const now = context.clock.nowMicros();
    const pending: NewChange[] = [];
    const response = await work({
      tx,
      caller,
      now,
      async record(change) {
        pending.push({ ...change, actor: caller.actor, time: now });
        if (pending.length >= MAX_PENDING_CHANGES) await tx.changes.append(pending.splice(0));
      },
    });
    if (call.requestId !== "") {
      const { method, requestId } = call;
      const remembered = { actor: caller.actor, method, requestId, fingerprint, createdAt: now };
      await tx.requests.remember({ ...remembered, response: encodePlain(response) });
    }
    if (pending.length > 0) await tx.changes.append(pending);
    return response;
  });
}

/** The answer that the call got before, if its request id is known. For work before the transaction of `mutate`. */
export async function recall<R>(
  tx: MetadataReader,
  caller: Caller,
  call: MutationCall,
): Promise<{ readonly response: R } | undefined> {
  return call.requestId === "" ? undefined : find(tx, caller, call, fingerprintOf(call.request));
}

async function find<R>(
  tx: MetadataReader,
  caller: Caller,
  call: MutationCall,
  fingerprint: string,
): Promise<{ readonly response: R } | undefined> {
  if (call.requestId === "") return undefined;
  const found = await tx.requests.find(caller.actor, call.method, call.requestId);
  if (found === undefined) return undefined;
  if (found.fingerprint !== fingerprint) {
    throw failedPrecondition(
      "REQUEST_ID_REUSED",
      `The request id "${call.requestId}" belongs to an earlier ${call.method} with other fields; use a new id for a new request.`,
      { request_id: call.requestId, method: call.method },
    );
  }
  return { response: decodePlain(found.response) as R };
}
