import { ObjectNotFoundError, ObjectTruncatedError, type BlobReader } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import type { Checksum } from "./chunk-notes.ts";
import type { CorruptChunk, Transfers } from "./transfers.ts";

/** Places that are tried for one chunk, when it moves while it is opened. */
const MAX_ATTEMPTS = 3;

/** A chunk whose bytes were right when they were looked at just now. */
export interface CheckedChunk extends AsyncDisposable {
  readonly chunk: Chunk;
  /** Fills the array with the chunk's bytes from the offset on. */
  read(into: Uint8Array, offsetBytes: number): Promise<void>;
}

/**
 * Opens a chunk once all of its bytes were checked; throws DomainError "data_loss" when they are not what was stored,
 * and sees to it that no upload reuses them. `known` is its row if the caller has it. The bytes are not kept for the second reading: how much memory a download
 * takes must not depend on how slow its client is.
 */
export async function openChecked(
  transfers: Transfers,
  digest: string,
  known: Chunk | undefined,
): Promise<CheckedChunk> {
  let chunk = known ?? (await findChunk(transfers, digest));
  for (let attempt = 1; ; attempt += 1) {
    const opened = await tryOpen(transfers, chunk);
    if ("read" in opened) return opened;
    // It may have been stored anew, or moved, since its row was read.
    const latest = await findChunk(transfers, digest);
    if (latest.objectKey === chunk.objectKey || attempt === MAX_ATTEMPTS) {
      throw await corrupt(transfers, chunk, opened.problem);
    }
    chunk = latest;
  }
}

async function findChunk({ context }: Transfers, digest: string): Promise<Chunk> {
  const [chunk] = await context.metadata.read((tx) => tx.chunks.getMany([digest]));
  if (chunk === undefined) throw dataLoss(digest);
  return chunk;
}

type Problem = Pick<CorruptChunk, "problem">;

async function tryOpen(transfers: Transfers, chunk: Chunk): Promise<CheckedChunk | Problem> {
  const { notes, checks, context } = transfers;
  try {
    const reader = await context.blobs.openReader(chunk.objectKey);
    try {
      const note = notes.get(chunk.objectKey);
      const isRight =
        (note !== undefined &&
          (await checks.run((buffer) => matchesNote(transfers, reader, chunk, note, buffer)))) ||
        (await checks.run((buffer) => matchesDigest(transfers, reader, chunk, buffer)));
      if (isRight) {
        if (chunk.state === "quarantined") await heal(transfers, chunk);
        return checkedChunk(chunk, reader);
      }
    } catch (error) {
      await reader[Symbol.asyncDispose]();
      throw error;
    }
    await reader[Symbol.asyncDispose]();
    return { problem: "wrong_digest" };
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return { problem: "absent" };
    if (error instanceof ObjectTruncatedError) return { problem: "truncated" };
    throw error;
  }
}

function checkedChunk(chunk: Chunk, reader: BlobReader): CheckedChunk {
  return {
    chunk,
    read: (into, offsetBytes) => reader.read(into, chunk.objectOffset + offsetBytes),
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

async function matchesNote(
  { notes }: Transfers,
  reader: BlobReader,
  chunk: Chunk,
  note: Checksum,
  buffer: Uint8Array,
): Promise<boolean> {
  const checksum = notes.checksum();
  await eachPiece(reader, chunk, buffer, (piece) => checksum.add(piece));
  return checksum.finish() === note;
}

async function matchesDigest(
  { notes }: Transfers,
  reader: BlobReader,
  chunk: Chunk,
  buffer: Uint8Array,
): Promise<boolean> {
  const hasher = new Bun.CryptoHasher("sha256");
  const checksum = notes.checksum();
  await eachPiece(reader, chunk, buffer, (piece) => {
    hasher.update(piece);
    checksum.add(piece);
  });
  if (hasher.digest("hex") !== chunk.digest) return false;
  notes.set(chunk.objectKey, checksum.finish());
  return true;
}

async function eachPiece(
  reader: BlobReader,
  { objectOffset, sizeBytes }: Chunk,
  buffer: Uint8Array,
  use: (piece: Uint8Array) => void,
): Promise<void> {
  for (let offset = 0; offset < sizeBytes; offset += buffer.byteLength) {
    const piece = buffer.subarray(0, Math.min(buffer.byteLength, sizeBytes - offset));
    await reader.read(piece, objectOffset + offset);
    use(piece);
  }
}

/** Takes a chunk back into use that is right after all: its storage may have been away for a while. */
async function heal({ context }: Transfers, chunk: Chunk): Promise<void> {
  await context.metadata.write((tx) => tx.chunks.insert({ ...chunk, state: "stored" }));
}

/** Tells people and the database, and returns the error for the caller. */
async function corrupt(
  { context, notes, observer }: Transfers,
  chunk: Chunk,
  problem: CorruptChunk["problem"],
): Promise<DomainError> {
  notes.delete(chunk.objectKey);
  observer.corruptChunk({ chunk, problem });
  await context.metadata.write((tx) => tx.chunks.quarantine(chunk.digest, chunk.generation));
  return dataLoss(chunk.digest);
}

function dataLoss(digest: string): DomainError {
  return new DomainError(
    "data_loss",
    "CHUNK_CORRUPT",
    `The stored bytes of the chunk ${digest} are damaged; upload the same file again to repair it.`,
    { metadata: { sha256: digest } },
  );
}
