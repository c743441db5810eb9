import type { Lease } from "../../domain/entities.ts";
import { failedPrecondition, invalid } from "../../domain/errors.ts";
import { newId } from "../../domain/ids.ts";
import { requireWritable } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { mutate, type Mutation } from "../mutation.ts";
import { idOf, keyOf, pathOf, requireLabelled, type LocatedLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";
import { recordLease } from "./record.ts";

export interface AcquireLeaseInput {
  readonly kind: "restore" | "run";
  readonly object: ObjectReference;
  /** For messages to others; the same holder may take its own run lease again. */
  readonly holder: string;
  readonly ttlMs: number;
  readonly takeOver: boolean;
  readonly requestId: string;
}

const NO_FENCE = { number: 0, previousWriter: 0 };

/** Takes a restore lease, of which an object can have many, or the run lease of an experiment. */
export function acquireLease(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: AcquireLeaseInput,
): Promise<Lease> {
  const call = { method: "AcquireLease", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const located = requireLabelled(await resolveObject(tx, caller, input.object));
    requireFit(input.kind, located);
    // Whoever may read may also keep what is being read from being deleted.
    if (input.kind === "run") {
      requireWritable(caller, located.namespace);
      await endOthers(mutation, located, input);
    }
    const { kind: objectKind, id: objectId, namespaceId } = keyOf(located);
    const { number: fencingNumber, previousWriter } =
      input.kind === "run" ? await tx.leases.nextFence(objectId) : NO_FENCE;
    const lease: Lease = {
      id: newId(),
      kind: input.kind,
      objectKind,
      objectId,
      namespaceId,
      holder: input.holder,
      fencingNumber,
      previousWriter,
      hasWritten: false,
      ttlMs: input.ttlMs,
      createdAt: now,
      expiresAt: now + input.ttlMs * 1000,
      endedAt: undefined,
      reservedBytes: 0,
    };
    await tx.leases.insert(lease);
    await recordLease(mutation, "lease_acquired", lease, pathOf(located));
    return lease;
  });
}

/** Ends the run lease that is there, or throws "failed_precondition" when it is somebody else's. */
async function endOthers(
  mutation: Mutation,
  located: LocatedLabelled,
  input: Omit<AcquireLeaseInput, "requestId">,
): Promise<void> {
  const { tx, now } = mutation;
  for (const lease of await tx.leases.active(idOf(located), "run", now)) {
    const own = lease.holder !== "" && lease.holder === input.holder;
    if (!own && !input.takeOver) {
      const until = new Date(lease.expiresAt / 1000).toISOString();
      throw failedPrecondition(
        "LEASE_HELD",
        `Experiment "${pathOf(located)}" is being trained by "${lease.holder}" until ${until} unless it is renewed; wait, or take the lease over.`,
        { path: pathOf(located), lease_id: lease.id, holder: lease.holder },
      );
    }
    await tx.leases.end(lease.id, now);
    await recordLease(mutation, "lease_released", { ...lease, endedAt: now }, pathOf(located));
  }
}

function requireFit(kind: "restore" | "run", located: LocatedLabelled): void {
  if (kind === "run" && located.kind !== "experiment") {
    throw invalid("object", 'must be an experiment for a run lease, for example "experiment:namespace/name"');
  }
  if (kind === "restore" && located.kind !== "checkpoint" && located.kind !== "version") {
    throw invalid(
      "object",
      'must be a checkpoint or version for a restore lease, for example "version:namespace/model@3"',
    );
  }
}
