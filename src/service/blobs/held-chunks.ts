import { ObjectNotFoundError } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { failedPrecondition, type DomainError } from "../../domain/errors.ts";
import { releaseBytes } from "../../hashing/release.ts";
import type { ServiceContext } from "../context.ts";
import { readRight } from "./right-bytes.ts";
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
 * Puts the objects of the chunks on stable storage. What can't be put there, or was lost on the way, is of no use to
 * anybody: its next upload stores it anew, and the caller is told to send it.
 */
export async function makeDurable(context: ServiceContext, held: HeldChunks): Promise<void> {
  const volatile = [...held.values()].filter((chunk) => !chunk.durable);
  for (const chunks of batches(volatile)) {
    const lost = await flushChunks(context, chunks);
    if (lost.length > 0) {
      await giveUp(context, lost);
      throw chunksMissing(lost.map((chunk) => chunk.digest));
    }
    await context.metadata.write((tx) => tx.chunks.markDurable(chunks.map((chunk) => chunk.digest)));
  }
}

/** Flushes their objects, and returns those whose bytes are not there any more. */
async function flushChunks(context: ServiceContext, chunks: readonly Chunk[]): Promise<readonly Chunk[]> {
  let doubtful: ReadonlySet<string>;
  try {
    doubtful = new Set(await context.blobs.flush([...new Set(chunks.map((chunk) => chunk.objectKey))]));
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return chunks;
    await giveUp(context, chunks);
    throw error;
  }
  const lost: Chunk[] = [];
  for (const chunk of chunks) {
    if (doubtful.has(chunk.objectKey) && !(await isWhole(context, chunk))) lost.push(chunk);
  }
  return lost;
}

async function isWhole(context: ServiceContext, chunk: Chunk): Promise<boolean> {
  const bytes = await readWhole(context, chunk);
  if (bytes !== undefined) releaseBytes(bytes);
  return bytes !== undefined;
}

/** The bytes of a chunk; undefined when they are not its digest's, or not there. */
export async function readWhole(
  context: ServiceContext,
  chunk: Chunk,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return (await readRight(context, chunk)).bytes;
}

/** Makes chunks known to be of no use, so that their next upload stores them anew. */
export async function giveUp(context: ServiceContext, chunks: readonly Chunk[]): Promise<void> {
  await context.metadata.write(async (tx) => {
    for (const { digest, generation } of chunks) await tx.chunks.quarantine(digest, generation);
  });
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let begin = 0; begin < items.length; begin += DIGESTS_PER_TRANSACTION) {
    yield items.slice(begin, begin + DIGESTS_PER_TRANSACTION);
  }
}

/** Tells the client to send these, and to commit again. */
export function chunksMissing(digests: readonly string[]): DomainError {
  const named = digests.slice(0, MAX_NAMED_DIGESTS).join(", ");
  const more = digests.length > MAX_NAMED_DIGESTS ? ", …" : "";
  return failedPrecondition(
    "CHUNKS_MISSING",
    `The upload lacks ${digests.length} of the files' chunks (${named}${more}); ask FindMissingChunks, send them, and commit again.`,
    { count: String(digests.length), first: named },
  );
}
