import type { Chunk } from "../../domain/entities.ts";
import { invalid } from "../../domain/errors.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { findUploadLease, isRenewalDue, renewWhenDue } from "./upload-lease.ts";

/** A piece of a file, as a client names it. */
export interface ChunkInput {
  readonly digest: string;
  readonly sizeBytes: number;
}

export interface FindMissingChunksInput {
  readonly leaseId: string;
  readonly chunks: readonly ChunkInput[];
}

/**
 * The digests that must be sent, each once, in the order of the request. The others are protected by the lease from
 * now on. A digest counts as stored only for who may read a file that has it: asking must not tell what others have.
 */
export async function findMissingChunks(
  context: ServiceContext,
  caller: Caller,
  { leaseId, chunks }: FindMissingChunksInput,
): Promise<readonly string[]> {
  const digests = [...new Set(chunks.map((chunk) => chunk.digest))];
  const known = await context.metadata.read(async (tx) => {
    const now = context.clock.nowMicros();
    const lease = await findUploadLease(tx, caller, leaseId, now);
    const found = await findKnown(tx, caller, leaseId, digests);
    return { ...found, mustWrite: found.present.length > 0 || isRenewalDue(lease, now) };
  });
  // Most first calls of an upload find nothing: there is nothing to write for them.
  const held = known.mustWrite
    ? await context.metadata.write(async (tx) => {
        const now = context.clock.nowMicros();
        const lease = await findUploadLease(tx, caller, leaseId, now);
        const found = await findKnown(tx, caller, leaseId, digests);
        await tx.chunks.hold(leaseId, found.present);
        await renewWhenDue(tx, lease, now);
        return [...found.held, ...(await tx.chunks.heldBy(leaseId, found.present))];
      })
    : known.held;
  const rows = new Map(held.map((chunk) => [chunk.digest, chunk]));
  requireSizes(chunks, rows);
  return digests.filter((digest) => !rows.has(digest));
}

/** What the lease holds, and what else of the digests the caller may know of. */
async function findKnown(
  tx: MetadataReader,
  caller: Caller,
  leaseId: string,
  digests: readonly string[],
): Promise<{ readonly held: readonly Chunk[]; readonly present: readonly string[] }> {
  const held = await tx.chunks.heldBy(leaseId, digests);
  const holds = new Set(held.map((chunk) => chunk.digest));
  const others = digests.filter((digest) => !holds.has(digest));
  const present = others.length === 0 ? [] : [...(await tx.chunks.presentIn(others, caller.readable))];
  return { held, present };
}

function requireSizes(chunks: readonly ChunkInput[], rows: ReadonlyMap<string, Chunk>): void {
  for (const [index, { digest, sizeBytes }] of chunks.entries()) {
    const stored = rows.get(digest);
    if (stored !== undefined && stored.sizeBytes !== sizeBytes) {
      throw invalid(
        `chunks[${index}].size_bytes`,
        `must be ${stored.sizeBytes}, the size of the bytes with this digest`,
      );
    }
  }
}
