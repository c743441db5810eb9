import { ObjectNotFoundError } from "../../domain/blob-store.ts";
import type { DirectTransfer } from "../../domain/direct-transfer.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { sizeMismatch } from "./body-errors.ts";
import { ChunkRecorder } from "./chunk-recorder.ts";
import { requireDirect } from "./direct-addresses.ts";
import type { ChunkInput, FindMissingChunksInput } from "./find-missing-chunks.ts";
import { MAX_PARALLEL_ACCEPTS } from "./flow-limits.ts";
import { newChunk, recordObject } from "./store-chunk.ts";
import { findUploadLease } from "./upload-lease.ts";

/**
 * Takes in chunks that the caller has put to the store under an upload lease, which protects them from now on. Returns
 * the digests of those that are not there. The store has found that the bytes are the digest's; that they are there is
 * what lets a caller use a chunk that others have stored already, as sending its bytes is with PutChunk.
 */
export async function acceptChunks(
  context: ServiceContext,
  caller: Caller,
  { leaseId, chunks }: FindMissingChunksInput,
): Promise<readonly string[]> {
  const direct = requireDirect(context);
  await context.metadata.read((tx) => findUploadLease(tx, caller, leaseId, context.clock.nowMicros()));
  const recorder = new ChunkRecorder(context);
  const each = new Map(chunks.map((chunk) => [chunk.digest, chunk]));
  const missing = new Set<string>();
  const rest = each.values();
  let hasFailed = false;
  const accept = async (): Promise<void> => {
    for (const chunk of rest) {
      if (hasFailed) return;
      try {
        if (!(await acceptOne({ context, direct, recorder, caller, leaseId }, chunk)))
          missing.add(chunk.digest);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: MAX_PARALLEL_ACCEPTS }, accept));
  return [...each.keys()].filter((digest) => missing.has(digest));
}

interface Acceptance {
  readonly context: ServiceContext;
  readonly direct: DirectTransfer;
  readonly recorder: ChunkRecorder;
  readonly caller: Caller;
  readonly leaseId: string;
}

/** Whether the chunk is there, and held now. */
async function acceptOne(acceptance: Acceptance, chunk: ChunkInput): Promise<boolean> {
  const { context, direct, recorder, caller, leaseId } = acceptance;
  const { digest } = chunk;
  const known = await context.metadata.read(async (tx) => {
    const [stored] = await tx.chunks.getMany([digest]);
    const isHeld = (await tx.chunks.heldBy(leaseId, [digest])).length > 0;
    return { isStored: stored?.state === "stored", isHeld };
  });
  // The answer to an earlier call may have been lost.
  if (known.isStored && known.isHeld) return true;
  const sizeBytes = await direct.stagedSize({ leaseId, digest });
  if (sizeBytes === undefined) return false;
  if (sizeBytes !== chunk.sizeBytes) throw sizeMismatch(chunk.sizeBytes, String(sizeBytes));
  if (known.isStored) await recorder.record(caller, leaseId, { digest, chunk: undefined });
  else if (!(await store(acceptance, chunk))) return false;
  // What stays is discarded later; the chunk is stored either way.
  await direct.discard({ leaseId, digest }).catch(() => undefined);
  return true;
}

/** Copies what was put to an object of its own, and records it; false when it is gone. */
async function store(
  { context, direct, recorder, caller, leaseId }: Acceptance,
  input: ChunkInput,
): Promise<boolean> {
  const chunk = newChunk(input, context.clock.nowMicros());
  try {
    await direct.accept({ leaseId, digest: input.digest }, chunk.objectKey);
  } catch (error) {
    if (error instanceof ObjectNotFoundError) return false;
    throw error;
  }
  await recordObject(context, recorder, caller, leaseId, chunk);
  return true;
}
