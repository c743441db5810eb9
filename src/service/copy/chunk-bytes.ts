import { ObjectNotFoundError, ObjectTruncatedError, type BlobStore } from "../../domain/blob-store.ts";
import { DomainError } from "../../domain/errors.ts";
import { sha256Elsewhere } from "../../hashing/digests.ts";
import { releaseBytes } from "../../hashing/release.ts";
import type { ChunkRow } from "./storage.ts";

/** Chunks that are in memory at the same time, each of MAX_CHUNK_BYTES at most. */
export const PARALLEL_CHUNKS = 6;

/**
 * The bytes of a chunk, once they were found to be its digest's; undefined when they are damaged, cut short or missing.
 * To be released by the caller.
 */
export async function readChecked(
  blobs: BlobStore,
  chunk: ChunkRow,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  requirePlain(chunk);
  const bytes = new Uint8Array(chunk.sizeBytes);
  try {
    await using reader = await blobs.openReader(chunk.objectKey);
    await reader.read(bytes, chunk.objectOffset);
  } catch (error) {
    releaseBytes(bytes);
    if (error instanceof ObjectNotFoundError || error instanceof ObjectTruncatedError) return undefined;
    throw error;
  }
  const digested = await sha256Elsewhere(bytes);
  if (digested.sha256 === chunk.digest) return digested.bytes;
  releaseBytes(digested.bytes);
  return undefined;
}

/** Whether a store has the chunk's bytes, all of them right. */
export async function holdsChunk(blobs: BlobStore, chunk: ChunkRow): Promise<boolean> {
  if ((await blobs.stat(chunk.objectKey))?.sizeBytes !== chunk.sizeBytes) return false;
  const bytes = await readChecked(blobs, chunk);
  if (bytes === undefined) return false;
  releaseBytes(bytes);
  return true;
}

/** Stores bytes that are the chunk's under its key, and releases them. They are not durable yet. */
export async function storeChunk(
  blobs: BlobStore,
  chunk: ChunkRow,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  try {
    await using writer = await blobs.openWriter(chunk.objectKey, {
      sizeBytes: chunk.sizeBytes,
      sha256: chunk.digest,
    });
    await writer.write(bytes);
    await writer.commit();
  } finally {
    releaseBytes(bytes);
  }
}

/** Other forms can't be there yet; whoever adds one must say here how its bytes move. */
function requirePlain({ digest, encoding, objectOffset }: ChunkRow): void {
  if (encoding === "raw" && objectOffset === 0) return;
  throw new DomainError(
    "unimplemented",
    "CHUNK_FORM",
    `The chunk ${digest} is stored in a form (${encoding}) that this ModelBox can't move; use a newer one.`,
  );
}
