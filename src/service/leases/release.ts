import type { Caller, ServiceContext } from "../context.ts";
import { mutate } from "../mutation.ts";
import { objectPaths } from "../views/paths.ts";
import { findLease } from "./get.ts";
import { recordLease } from "./record.ts";
import { requireLeaseWritable } from "./renew.ts";

/** Ends a lease; ending it again is no error. */
export async function releaseLease(context: ServiceContext, caller: Caller, leaseId: string): Promise<void> {
  const call = { method: "ReleaseLease", requestId: "", request: leaseId };
  await mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const lease = await findLease(tx, caller, leaseId);
    if (lease.kind !== "restore") await requireLeaseWritable(tx, caller, lease);
    if (lease.endedAt !== undefined) return {};
    await tx.leases.end(leaseId, now);
    if (lease.expiresAt <= now) return {};
    const paths = await objectPaths(tx, [{ kind: lease.objectKind, id: lease.objectId }]);
    await recordLease(
      mutation,
      "lease_released",
      { ...lease, endedAt: now },
      paths.get(lease.objectId)?.path ?? "",
    );
    return {};
  });
}
