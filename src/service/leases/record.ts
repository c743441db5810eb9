import type { Lease } from "../../domain/entities.ts";
import type { Mutation } from "../mutation.ts";

/** Stores the change row of a restore or run lease; upload leases have none. */
export async function recordLease(
  { record }: Mutation,
  action: "lease_acquired" | "lease_released",
  lease: Lease,
  objectPath: string,
): Promise<void> {
  if (lease.kind === "upload") return;
  await record({
    namespaceId: lease.namespaceId,
    kind: lease.objectKind,
    objectId: lease.objectId,
    objectPath,
    action,
    state: { type: "lease", value: lease },
  });
}
