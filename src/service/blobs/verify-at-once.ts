import type { Chunk } from "../../domain/entities.ts";
import { IMMEDIATE_VERIFY_BYTES } from "../../domain/limits.ts";
import type { ServiceContext } from "../context.ts";
import type { FileInput } from "./fingerprint-files.ts";
import { MAX_IMMEDIATE_VERIFY_BYTES } from "./flow-limits.ts";
import { chunksMissing, giveUp, readWhole, type HeldChunks } from "./held-chunks.ts";

/**
 * Digests of those files that can be told before the commit: of empty files, of files of one chunk (it was checked when
 * it arrived), and of small files of several, which are read; by path. The others are read in the background.
 */
export async function verifyAtOnce(
  context: ServiceContext,
  files: readonly FileInput[],
  held: HeldChunks,
): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  let readBytes = 0;
  for (const file of files) {
    const [first, second] = file.chunks;
    if (file.isVerified === true) digests.set(file.path, file.sha256);
    else if (second === undefined) digests.set(file.path, first?.digest ?? sha256([]));
    else if (
      file.sizeBytes <= IMMEDIATE_VERIFY_BYTES &&
      readBytes + file.sizeBytes <= MAX_IMMEDIATE_VERIFY_BYTES
    ) {
      readBytes += file.sizeBytes;
      const pieces: Uint8Array[] = [];
      for (const { digest } of file.chunks) pieces.push(await readChunk(context, held.get(digest), digest));
      digests.set(file.path, sha256(pieces));
    }
  }
  return digests;
}

/** The bytes of a chunk that the commit names; when they are not what was sent, the client is told to send them again. */
async function readChunk(
  context: ServiceContext,
  chunk: Chunk | undefined,
  digest: string,
): Promise<Uint8Array> {
  if (chunk === undefined) throw new Error(`chunk ${digest} is not held`);
  const bytes = await readWhole(context, chunk);
  if (bytes !== undefined) return bytes;
  await giveUp(context, [chunk]);
  throw chunksMissing([digest]);
}

function sha256(pieces: readonly Uint8Array[]): string {
  const hasher = new Bun.CryptoHasher("sha256");
  for (const piece of pieces) hasher.update(piece);
  return hasher.digest("hex");
}
