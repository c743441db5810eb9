import { CorruptEncodingError } from "../../blob/encoding/corrupt-encoding-error.ts";
import { ObjectNotFoundError, ObjectTruncatedError } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import { checkBytes, type CheckedChunk, type ChunkUse } from "./checked-bytes.ts";
import type { CorruptChunk, Transfers } from "./transfers.ts";

/** Places that are tried for one chunk, when it moves while it is opened. */
const MAX_ATTEMPTS = 3;

/**
 * Opens a chunk once all of its bytes were checked; throws DomainError "data_loss" when they are not what was stored,
 * and sees to it that no upload reuses them. `known` is its row if the caller has it.
 */
export async function openChecked(
  transfers: Transfers,
  digest: string,
  known: Chunk | undefined,
  use: ChunkUse,
): Promise<CheckedChunk> {
  let chunk = known ?? (await findChunk(transfers, digest));
  for (let attempt = 1; ; attempt += 1) {
    const opened = await tryOpen(transfers, chunk, use);
    if ("pieces" in opened) return opened;
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

async function tryOpen(transfers: Transfers, chunk: Chunk, use: ChunkUse): Promise<CheckedChunk | Problem> {
  try {
    const checked = await checkBytes(transfers, chunk, use);
    if (checked === undefined) return { problem: "wrong_digest" };
    if (chunk.state === "quarantined") await heal(transfers, chunk, checked);
    return checked;
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return { problem: "absent" };
    if (error instanceof ObjectTruncatedError) return { problem: "truncated" };
    if (error instanceof CorruptEncodingError) return { problem: "wrong_digest" };
    throw error;
  }
}

/** Takes a chunk back into use that is right after all: its storage may have been away for a while. */
async function heal({ context }: Transfers, chunk: Chunk, checked: CheckedChunk): Promise<void> {
  try {
    await context.metadata.write((tx) => tx.chunks.heal(chunk.digest, chunk.generation));
  } catch (error) {
    await checked[Symbol.asyncDispose]();
    throw error;
  }
}

/** Tells people and the database, and returns the error for the caller. */
async function corrupt(
  transfers: Transfers,
  chunk: Chunk,
  problem: CorruptChunk["problem"],
): Promise<DomainError> {
  const { context, notes, observer } = transfers;
  notes.delete(chunk.objectKey);
  observer.corruptChunk({ chunk, problem });
  await context.metadata.write((tx) => tx.chunks.quarantine(chunk.digest, chunk.generation));
  if (chunk.baseDigest !== "") await checkBase(transfers, chunk.baseDigest);
  return dataLoss(chunk.digest);
}

/** The damage may be that of the base: then no upload may reuse that one either. */
async function checkBase(transfers: Transfers, digest: string): Promise<void> {
  try {
    await using _checked = await openChecked(transfers, digest, undefined, "little");
  } catch (error) {
    if (!(error instanceof DomainError) || error.kind !== "data_loss") throw error;
  }
}

function dataLoss(digest: string): DomainError {
  return new DomainError(
    "data_loss",
    "CHUNK_CORRUPT",
    `The stored bytes of the chunk ${digest} are damaged; upload the same file again to repair it.`,
    { metadata: { sha256: digest } },
  );
}
