import { ObjectNotFoundError, ObjectTruncatedError, type BlobStore } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { sha256, sha256Elsewhere } from "../../hashing/digests.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { readRight } from "../blobs/right-bytes.ts";
import type { Storage } from "./storage.ts";

/** Chunks that are in memory at the same time, each of MAX_CHUNK_BYTES at most. */
export const PARALLEL_CHUNKS = 6;

type Bytes = Uint8Array<ArrayBuffer>;

/** The stored bytes of an object, from its beginning; undefined when there are none, or too few. */
export async function readObject(
  blobs: Pick<BlobStore, "readBytes">,
  key: string,
  sizeBytes: number,
): Promise<Bytes | undefined> {
  try {
    return await blobs.readBytes(key, { offsetBytes: 0, lengthBytes: sizeBytes });
  } catch (error) {
    if (error instanceof ObjectNotFoundError || error instanceof ObjectTruncatedError) return undefined;
    throw error;
  }
}

/**
 * The stored bytes of a chunk with an object of its own, once what they decode to was found to be its digest's; undefined when
 * they are damaged, cut short or missing. `blobs` has the object, `from` all that it builds on. To be released by the
 * caller.
 */
export async function readChecked(
  blobs: Pick<BlobStore, "readBytes">,
  from: Storage,
  chunk: Chunk,
): Promise<Bytes | undefined> {
  const stored = await readObject(blobs, chunk.objectKey, chunk.objectOffset + chunk.storedBytes);
  if (stored === undefined) return undefined;
  if (chunk.encoding === "raw" && chunk.objectOffset === 0) {
    const digested = await sha256Elsewhere(stored);
    if (digested.sha256 === chunk.digest) return digested.bytes;
    releaseBytes(digested.bytes);
    return undefined;
  }
  if (await decodesRight(from, chunk, stored)) return stored;
  releaseBytes(stored);
  return undefined;
}

/** Whether these bytes of the chunk's object, and what `from` has of its bases, decode to the chunk. */
export async function decodesRight(
  { metadata, blobs }: Storage,
  chunk: Chunk,
  object: Bytes,
): Promise<boolean> {
  const overlay: Pick<BlobStore, "readBytes"> = {
    readBytes: async (key, range, newArray) => {
      if (key !== chunk.objectKey) return await blobs.readBytes(key, range, newArray);
      const end = range.offsetBytes + range.lengthBytes;
      if (end > object.byteLength) throw new ObjectTruncatedError(key);
      return object.slice(range.offsetBytes, end);
    },
  };
  const { bytes } = await readRight({ metadata, blobs: overlay }, chunk);
  if (bytes === undefined) return false;
  releaseBytes(bytes);
  return true;
}

/** Whether a store has the object of a chunk, all of it right. */
export async function holdsChunk(blobs: BlobStore, from: Storage, chunk: Chunk): Promise<boolean> {
  if ((await blobs.stat(chunk.objectKey))?.sizeBytes !== chunk.objectOffset + chunk.storedBytes) return false;
  const bytes = await readChecked(blobs, from, chunk);
  if (bytes === undefined) return false;
  releaseBytes(bytes);
  return true;
}

/** Stores bytes under a key, and releases them. They are not durable yet. `digest` is theirs if it is known. */
export async function storeObject(
  blobs: BlobStore,
  key: string,
  bytes: Bytes,
  digest = sha256(bytes),
): Promise<void> {
  try {
    await using writer = await blobs.openWriter(key, { sizeBytes: bytes.byteLength, sha256: digest });
    await writer.write(bytes);
    await writer.commit();
  } finally {
    releaseBytes(bytes);
  }
}

/** Stores the bytes of a chunk's object. */
export async function storeChunk(blobs: BlobStore, chunk: Chunk, bytes: Bytes): Promise<void> {
  const isPlain = chunk.encoding === "raw" && chunk.objectOffset === 0;
  await storeObject(blobs, chunk.objectKey, bytes, isPlain ? chunk.digest : undefined);
}
