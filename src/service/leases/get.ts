import type { Lease } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { canRead } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { missingLease } from "../references/missing.ts";

export function getLease(context: ServiceContext, caller: Caller, id: string): Promise<Lease> {
  return context.metadata.read((tx) => findLease(tx, caller, id));
}

/** The lease, ended or not; throws "not_found". */
export async function findLease(tx: MetadataReader, caller: Caller, id: string): Promise<Lease> {
  const lease = await tx.leases.get(id);
  if (lease === undefined || !canRead(caller, lease.namespaceId)) throw missingLease(id);
  return lease;
}
