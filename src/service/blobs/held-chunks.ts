import type { Chunk } from "../../domain/entities.ts";
import { failedPrecondition, type DomainError } from "../../domain/errors.ts";
import type { ServiceContext } from "../context.ts";
import type { ChunkInput } from "./find-missing-chunks.ts";
import { DIGESTS_PER_TRANSACTION, MAX_NAMED_DIGESTS } from "./flow-limits.ts";

/** Rows of chunks by digest. */
export type HeldChunks = ReadonlyMap<string, Chunk>;

/** The rows of all these chunks; throws unless the lease protects every one, with this size. */
export async function requireHeld(
  context: ServiceContext,
  leaseId: string,
  chunks: readonly ChunkInput[],
): Promise<HeldChunks> {
  const held = new Map<string, Chunk>();
  for (const digests of batches([...new Set(chunks.map((chunk) => chunk.digest))])) {
    const found = await context.metadata.read((tx) => tx.chunks.heldBy(leaseId, digests));
    for (const chunk of found) held.set(chunk.digest, chunk);
  }
  const missing = new Set<string>();
  for (const { digest, sizeBytes } of chunks) {
    if (held.get(digest)?.sizeBytes !== sizeBytes) missing.add(digest);
  }
  if (missing.size > 0) throw chunksMissing([...missing]);
  return held;
}

/**
 * Puts the objects of the chunks on stable storage. What can't be put there is of no use to anybody, so that its next
 * upload stores it anew.
 */
export async function makeDurable(context: ServiceContext, held: HeldChunks): Promise<void> {
  const volatile = [...held.values()].filter((chunk) => !chunk.durable);
  // Several of them may be in one object, which then is flushed once.
  const flushed = new Set<string>();
  for (const chunks of batches(volatile)) {
    const keys = new Set(chunks.map((chunk) => chunk.objectKey)).difference(flushed);
    try {
      await context.blobs.flush([...keys]);
      for (const key of keys) flushed.add(key);
    } catch (error) {
      await context.metadata.write(async (tx) => {
        for (const { digest, generation } of chunks) await tx.chunks.quarantine(digest, generation);
      });
      throw error;
    }
    await context.metadata.write((tx) => tx.chunks.markDurable(chunks.map((chunk) => chunk.digest)));
  }
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let begin = 0; begin < items.length; begin += DIGESTS_PER_TRANSACTION) {
    yield items.slice(begin, begin + DIGESTS_PER_TRANSACTION);
  }
}

function chunksMissing(digests: readonly string[]): DomainError {
  const named = digests.slice(0, MAX_NAMED_DIGESTS).join(", ");
  const more = digests.length > MAX_NAMED_DIGESTS ? ", …" : "";
  return failedPrecondition(
    "CHUNKS_MISSING",
    `The upload lacks ${digests.length} of the files' chunks (${named}${more}); ask FindMissingChunks, send them, and commit again.`,
    { count: String(digests.length), first: named },
  );
}
