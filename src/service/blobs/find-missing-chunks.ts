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
        await tx.chunks.hold(leaseId, known.present);
        await renewWhenDue(tx, lease, now);
        // What was collected since it was looked up is not among them.
        return [...known.held, ...(await tx.chunks.heldSizes(leaseId, known.present))];
      })
    : known.held;
  const sizes = new Map(held.map((chunk) => [chunk.digest, chunk.sizeBytes]));
  requireSizes(chunks, sizes);
  return digests.filter((digest) => !sizes.has(digest));
}

/** What the lease holds, and what else of the digests the caller may know of. */
async function findKnown(
  tx: MetadataReader,
  caller: Caller,
  leaseId: string,
  digests: readonly string[],
): Promise<{ readonly held: readonly ChunkInput[]; readonly present: readonly string[] }> {
  const held = await tx.chunks.heldSizes(leaseId, digests);
  const holds = new Set(held.map((chunk) => chunk.digest));
  const others = digests.filter((digest) => !holds.has(digest));
  const present = others.length === 0 ? [] : [...(await tx.chunks.presentIn(others, caller.readable))];
  return { held, present };
}

function requireSizes(chunks: readonly ChunkInput[], sizes: ReadonlyMap<string, number>): void {
  for (const [index, { digest, sizeBytes }] of chunks.entries()) {
    const storedBytes = sizes.get(digest);
    if (storedBytes !== undefined && storedBytes !== sizeBytes) {
      throw invalid(
        `chunks[${index}].size_bytes`,
        `must be ${storedBytes}, the size of the bytes with this digest`,
      );
    }
  }
}
