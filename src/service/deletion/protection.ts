import { failedPrecondition } from "../../domain/errors.ts";
import type { Mutation } from "../mutation.ts";

/** Throws "failed_precondition" while a lease of this kind is on the object: what a lease protects is not deleted. */
export async function requireUnprotected(
  { tx, now }: Mutation,
  object: { readonly id: string; readonly path: string },
  kind: "restore" | "run",
): Promise<void> {
  const [lease] = await tx.leases.active(object.id, kind, now);
  if (lease === undefined) return;
  const holder = lease.holder === "" ? "somebody" : `"${lease.holder}"`;
  const use = kind === "restore" ? "being restored" : "being trained";
  const until = new Date(lease.expiresAt / 1000).toISOString();
  throw failedPrecondition(
    "LEASED",
    `"${object.path}" is ${use} by ${holder}; wait until the lease ends (${until} unless it is renewed) or release it.`,
    { path: object.path, lease_id: lease.id, holder: lease.holder },
  );
}
