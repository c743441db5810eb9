import type { Chunk } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import { newId } from "../../domain/ids.ts";
import { chunkObjectKey } from "../../domain/object-keys.ts";
import type { Caller, ServiceContext } from "../context.ts";
import type { ChunkRecorder } from "./chunk-recorder.ts";
import type { ChunkInput } from "./find-missing-chunks.ts";
import type { Checksum } from "./chunk-notes.ts";
import type { Transfers } from "./transfers.ts";
import { findUploadLease, leaseUseKey } from "./upload-lease.ts";

/** What is known of a digest before its bytes arrive. */
export interface KnownChunk {
  /** Its bytes are stored, and good as far as anybody knows. */
  readonly isStored: boolean;
  /** The caller may know that: the lease holds it, or a file that the caller may read has it. */
  readonly isVisible: boolean;
}

/** Throws unless the caller may upload under the lease. */
export async function requireUploadLease(
  { context, leases }: Transfers,
  caller: Caller,
  leaseId: string,
): Promise<void> {
  const key = leaseUseKey(caller, leaseId);
  if (leases.isGood(key)) return;
  await context.metadata.read((tx) => findUploadLease(tx, caller, leaseId, context.clock.nowMicros()));
  leases.remember(key);
}

/** Throws unless the caller may upload under the lease. */
export async function lookUpChunk(
  transfers: Transfers,
  caller: Caller,
  leaseId: string,
  digest: string,
): Promise<KnownChunk> {
  await requireUploadLease(transfers, caller, leaseId);
  return transfers.context.metadata.read(async (tx) => {
    const [chunk] = await tx.chunks.getMany([digest]);
    if (chunk?.state !== "stored") return { isStored: false, isVisible: false };
    const isVisible =
      (await tx.chunks.heldBy(leaseId, [digest])).length > 0 ||
      (await tx.chunks.presentIn([digest], caller.readable)).has(digest);
    return { isStored: true, isVisible };
  });
}

/** A chunk whose bytes are being written. Disposing it without commit leaves nothing. */
export interface ChunkInProgress extends AsyncDisposable {
  write(bytes: Uint8Array): Promise<void>;
  /** To be called once all bytes were written, and were found to be the digest's. */
  commit(checksum: Checksum): Promise<void>;
  /** Makes the committed object a chunk that the lease protects. */
  record(): Promise<void>;
}

/** Begins to write a chunk to an object of its own. */
export async function openChunk(
  transfers: Transfers,
  caller: Caller,
  leaseId: string,
  input: ChunkInput,
): Promise<ChunkInProgress> {
  const { context } = transfers;
  const chunk = newChunk(input, context.clock.nowMicros());
  const writer = await context.blobs.openWriter(chunk.objectKey, {
    sizeBytes: input.sizeBytes,
    sha256: input.digest,
  });
  let note: Checksum | undefined;
  return {
    write: (bytes) => writer.write(bytes),
    async commit(checksum) {
      await writer.commit();
      note = checksum;
    },
    async record() {
      if (note === undefined) throw new Error("the chunk is not committed");
      await recordChunk(transfers, caller, leaseId, chunk, note);
    },
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}

/** Stores bytes that are the digest's, unless they are stored already; returns how to record them. */
export async function storeBytes(
  transfers: Transfers,
  caller: Caller,
  leaseId: string,
  chunk: ChunkInput,
  bytes: Uint8Array,
  { isStored }: KnownChunk,
): Promise<() => Promise<void>> {
  if (isStored) return () => holdChunk(transfers, caller, leaseId, chunk.digest);
  const { context, notes } = transfers;
  const stored = newChunk(chunk, context.clock.nowMicros());
  await context.blobs.writeBytes(stored.objectKey, bytes, chunk.digest);
  const checksum = notes.checksum();
  checksum.add(bytes);
  const note = checksum.finish();
  return () => recordChunk(transfers, caller, leaseId, stored, note);
}

/** Lets the lease protect a chunk that is stored. */
export async function holdChunk(
  { recorder }: Transfers,
  caller: Caller,
  leaseId: string,
  digest: string,
): Promise<void> {
  await recorder.record(caller, leaseId, { digest, chunk: undefined });
}

async function recordChunk(
  { context, recorder, notes }: Transfers,
  caller: Caller,
  leaseId: string,
  chunk: Chunk,
  note: Checksum,
): Promise<void> {
  if (await recordObject(context, recorder, caller, leaseId, chunk)) notes.set(chunk.objectKey, note);
}

/**
 * Makes an object the digest's, and lets the lease protect it. When two callers store one digest at once the first row
 * stays, and the object of the second is removed: then it is false.
 */
export async function recordObject(
  context: ServiceContext,
  recorder: ChunkRecorder,
  caller: Caller,
  leaseId: string,
  chunk: Chunk,
): Promise<boolean> {
  let stored: Chunk;
  try {
    stored = await recorder.record(caller, leaseId, { digest: chunk.digest, chunk });
  } catch (error) {
    // After a failure of the database the row may be there all the same, and then needs its object.
    if (error instanceof DomainError && error.kind !== "unavailable")
      await context.blobs.delete(chunk.objectKey);
    throw error;
  }
  const isOurs = stored.generation === chunk.generation;
  if (!isOurs) await context.blobs.delete(chunk.objectKey);
  return isOurs;
}

/** The row of a chunk that gets an object of its own now. */
export function newChunk({ digest, sizeBytes }: ChunkInput, now: number): Chunk {
  const generation = newId();
  return {
    digest,
    sizeBytes,
    generation,
    objectKey: chunkObjectKey(digest, generation),
    objectOffset: 0,
    storedBytes: sizeBytes,
    encoding: "raw",
    baseDigest: "",
    chainDepth: 0,
    state: "stored",
    durable: false,
    createdAt: now,
    packId: "",
    namespaceId: "",
  };
}
