import type { Lease } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { mutate } from "../mutation.ts";
import { requireRoom } from "../quotas.ts";
import { ensureNamespace } from "../references/ensure-namespace.ts";

export interface BeginUploadInput {
  /** Id or name. */
  readonly namespace: string;
  /** For messages to others. */
  readonly holder: string;
  /** How many bytes will be committed at most; 0 when it is not known. */
  readonly sizeBytes: number;
  readonly ttlMs: number;
  readonly requestId: string;
}

/**
 * Gives a lease that protects what is uploaded until it is committed, and reserves room for it, before any bytes move.
 * The namespace is created on first use.
 */
export function beginUpload(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: BeginUploadInput,
): Promise<Lease> {
  const call = { method: "BeginUpload", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const namespace = await ensureNamespace(mutation, input.namespace, caller.actor);
    await requireRoom(mutation, namespace, input.sizeBytes);
    const lease: Lease = {
      id: newId(),
      kind: "upload",
      objectKind: "namespace",
      objectId: namespace.id,
      namespaceId: namespace.id,
      holder: input.holder,
      fencingNumber: 0,
      previousWriter: 0,
      hasWritten: false,
      ttlMs: input.ttlMs,
      createdAt: mutation.now,
      expiresAt: mutation.now + input.ttlMs * 1000,
      endedAt: undefined,
      reservedBytes: input.sizeBytes,
    };
    await mutation.tx.leases.insert(lease);
    return lease;
  });
}
