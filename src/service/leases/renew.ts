import type { Lease } from "../../domain/entities.ts";
import { failedPrecondition } from "../../domain/errors.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { requireWritable } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { missingLease } from "../references/missing.ts";
import { findLease } from "./get.ts";

/** Lets a lease live longer from now on; `ttlMs` undefined for as long as it was given at the start. */
export function renewLease(
  context: ServiceContext,
  caller: Caller,
  { leaseId, ttlMs }: { readonly leaseId: string; readonly ttlMs: number | undefined },
): Promise<Lease> {
  return context.metadata.write(async (tx) => {
    const now = context.clock.nowMicros();
    const lease = await findLease(tx, caller, leaseId);
    if (lease.kind !== "restore") await requireLeaseWritable(tx, caller, lease);
    if (lease.endedAt !== undefined || lease.expiresAt <= now) {
      throw failedPrecondition("LEASE_ENDED", `The lease "${leaseId}" has ended; take a new one.`, {
        lease_id: leaseId,
      });
    }
    const next = { ...lease, ttlMs: ttlMs ?? lease.ttlMs, expiresAt: now + (ttlMs ?? lease.ttlMs) * 1000 };
    await tx.leases.renew(leaseId, next.expiresAt, next.ttlMs);
    return next;
  });
}

/** Throws "permission_denied" unless the caller may write into the lease's namespace. */
export async function requireLeaseWritable(tx: MetadataReader, caller: Caller, lease: Lease): Promise<void> {
  const namespace = await tx.namespaces.get(lease.namespaceId);
  if (namespace === undefined) throw missingLease(lease.id);
  requireWritable(caller, namespace);
}
