import type { Lease, Namespace } from "../domain/entities.ts";
import { DomainError } from "../domain/errors.ts";
import type { Mutation } from "./mutation.ts";

/** The reason of errors that say that a namespace is full; metrics count by it. */
export const QUOTA_EXCEEDED = "QUOTA_EXCEEDED";

/**
 * Throws "resource_exhausted" unless the namespace has room for so many bytes beside what is stored in it and what
 * running uploads have reserved. Locks the room: nobody else takes it before the transaction ends.
 */
export async function requireRoom(
  { tx, now }: Mutation,
  namespace: Namespace,
  wantedBytes: number,
): Promise<void> {
  const { quotaBytes } = namespace;
  if (quotaBytes === null) return;
  const { fileBytes } = await tx.storage.lockNamespace(namespace.id);
  const reservedBytes = await tx.leases.reservedBytes(namespace.id, now);
  if (fileBytes + reservedBytes + wantedBytes > quotaBytes)
    throw exceeded(namespace, quotaBytes, { usedBytes: fileBytes, reservedBytes, wantedBytes });
}

/**
 * The same for files that are in the sums of the namespace already, in this transaction. What their upload has reserved
 * they may always have: a quota that was lowered since stops new uploads only.
 */
export async function requireRoomForStored(
  { tx, now }: Mutation,
  namespaceId: string,
  storedBytes: number,
  lease: Lease | undefined,
): Promise<void> {
  const ownBytes = lease?.reservedBytes ?? 0;
  if (storedBytes <= ownBytes) return;
  const namespace = await tx.namespaces.get(namespaceId);
  if (namespace === undefined || namespace.quotaBytes === null) return;
  const { quotaBytes } = namespace;
  const { fileBytes } = await tx.storage.lockNamespace(namespaceId);
  const reservedBytes = (await tx.leases.reservedBytes(namespaceId, now)) - ownBytes;
  if (fileBytes + reservedBytes > quotaBytes) {
    const usedBytes = fileBytes - storedBytes;
    throw exceeded(namespace, quotaBytes, { usedBytes, reservedBytes, wantedBytes: storedBytes });
  }
}

interface Demand {
  readonly usedBytes: number;
  readonly reservedBytes: number;
  readonly wantedBytes: number;
}

function exceeded(
  { name, owner }: Namespace,
  quotaBytes: number,
  { usedBytes, reservedBytes, wantedBytes }: Demand,
): DomainError {
  const whom = owner === "" ? "an administrator" : `its owner ${owner}`;
  return new DomainError(
    "resource_exhausted",
    QUOTA_EXCEEDED,
    `Namespace "${name}" has no room for ${wantedBytes} more bytes: of its quota of ${quotaBytes} bytes ${usedBytes} are ` +
      `used and ${reservedBytes} reserved by running uploads. Delete what is not needed any more, or ask ${whom} for a larger quota.`,
    {
      metadata: {
        namespace: name,
        quota_bytes: String(quotaBytes),
        used_bytes: String(usedBytes),
        reserved_bytes: String(reservedBytes),
        wanted_bytes: String(wantedBytes),
      },
    },
  );
}
