import type { Lease } from "../../domain/entities.ts";
import { failedPrecondition } from "../../domain/errors.ts";
import type { MetadataReader, MetadataWriter } from "../../domain/metadata-store.ts";
import type { Caller } from "../context.ts";
import { findLease } from "../leases/get.ts";
import { requireLeaseWritable } from "../leases/renew.ts";

/** The lease if it is an upload's that still lives, and the caller may write into its namespace. */
export async function findUploadLease(
  tx: MetadataReader,
  caller: Caller,
  id: string,
  now: number,
): Promise<Lease> {
  const lease = await findLease(tx, caller, id);
  await requireLeaseWritable(tx, caller, lease);
  if (lease.kind !== "upload") {
    throw failedPrecondition(
      "NOT_AN_UPLOAD",
      `The lease "${id}" is no upload's; take one with BeginUpload.`,
      {
        lease_id: id,
      },
    );
  }
  if (lease.endedAt !== undefined || lease.expiresAt <= now) {
    throw failedPrecondition("LEASE_ENDED", `The upload lease "${id}" has ended; begin the upload again.`, {
      lease_id: id,
    });
  }
  return lease;
}

/** Whether a lease that is in use should live longer now: not with every call, half of its time is enough. */
export function isRenewalDue(lease: Lease, now: number): boolean {
  return lease.expiresAt - now < (lease.ttlMs * 1000) / 2;
}

/** Lets the lease live for its whole time again, when that is due. */
export async function renewWhenDue(tx: MetadataWriter, lease: Lease, now: number): Promise<void> {
  if (isRenewalDue(lease, now)) await tx.leases.renew(lease.id, now + lease.ttlMs * 1000, lease.ttlMs);
}

/** Equal for calls that findUploadLease answers the same way: one lease, and one caller with the same rights. */
export function leaseUseKey(caller: Caller, leaseId: string): string {
  return JSON.stringify([leaseId, caller.actor, caller.readable, caller.writable]);
}
