import { conflict, invalid } from "../../domain/errors.ts";
import type { Lease } from "../../domain/entities.ts";
import type { MetadataReader, MetadataWriter } from "../../domain/metadata-store.ts";
import type { LocatedLabelled } from "../references/located.ts";

/** What a trainer shows to prove that it is still the one that trains the experiment. */
export interface RunFence {
  readonly leaseId: string;
  readonly fencingNumber: number;
}

/** What writes begin with: `requireFence`, and notes that something is written with the lease. */
export async function useFence(
  tx: MetadataWriter,
  now: number,
  located: LocatedLabelled,
  fence: RunFence | undefined,
): Promise<void> {
  const lease = await requireFence(tx, now, located, fence);
  if (lease !== undefined && !lease.hasWritten) await tx.leases.noteWrite(lease);
}

/**
 * Throws "conflict" when a fence is given that is no longer the experiment's: the lease ended, ran out, or was taken
 * over. The object is the experiment, or a checkpoint of it.
 */
export async function requireFence(
  tx: MetadataReader,
  now: number,
  located: LocatedLabelled,
  fence: RunFence | undefined,
): Promise<Lease | undefined> {
  if (fence === undefined) return undefined;
  if (located.kind !== "experiment" && located.kind !== "checkpoint") {
    throw invalid("fence", "is only for an experiment and its checkpoints; leave it out");
  }
  const lease = await tx.leases.get(fence.leaseId);
  if (
    lease?.kind === "run" &&
    lease.objectId === located.experiment.id &&
    lease.fencingNumber === fence.fencingNumber &&
    lease.endedAt === undefined &&
    lease.expiresAt > now
  ) {
    return lease;
  }
  throw conflict(
    "FENCED",
    `The run lease of experiment "${located.experiment.name}" has ended or is somebody else's; stop this trainer, or take the lease again.`,
    { lease_id: fence.leaseId },
  );
}
