import { DomainError } from "../../domain/errors.ts";
import { sha256Elsewhere } from "../../hashing/digests.ts";
import type { Caller } from "../context.ts";
import { checksumMismatch, sizeMismatch } from "./body-errors.ts";
import { WAIT_FOR_ROOM_MS } from "./flow-limits.ts";
import { lookUpChunk, requireUploadLease, storeBytes, type KnownChunk } from "./store-chunk.ts";
import type { Transfers } from "./transfers.ts";

/** A chunk whose SHA-256 its sender does not know. */
export interface PostChunkInput {
  readonly leaseId: string;
  readonly sizeBytes: number;
  /** XXH3 (64 bits, seed 0) of the bytes, to notice that they changed on the way; undefined when it is not given. */
  readonly xxh3: bigint | undefined;
  /** The body, in an array that goes to the pool of buffers afterwards. */
  readonly whole: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** What the server calls the chunk now. */
export interface PostedChunk {
  readonly digest: string;
  /** It was stored, and the caller may know that. */
  readonly exists: boolean;
}

/**
 * Stores one chunk under an upload lease, and tells its SHA-256. Taking that digest costs more than sending the bytes
 * over a fast line, and here it is taken once, while PutChunk's is taken on both sides.
 */
export async function postChunk(
  transfers: Transfers,
  caller: Caller,
  input: PostChunkInput,
): Promise<PostedChunk> {
  using _busy = transfers.load.begin();
  await requireUploadLease(transfers, caller, input.leaseId);
  const { digest, known, record } = await store(transfers, caller, input);
  await record();
  return { digest, exists: known.isStored && known.isVisible };
}

/** Takes memory for the body only until its bytes are stored: others need it while they are recorded. */
async function store(
  transfers: Transfers,
  caller: Caller,
  { leaseId, sizeBytes, xxh3, whole }: PostChunkInput,
): Promise<{ readonly digest: string; readonly known: KnownChunk; readonly record: () => Promise<void> }> {
  if (!(await transfers.bodies.takeSoon(sizeBytes, WAIT_FOR_ROOM_MS))) throw noRoom();
  try {
    let bytes = await whole();
    try {
      if (bytes.byteLength !== sizeBytes) throw sizeMismatch(sizeBytes, String(bytes.byteLength));
      if (xxh3 !== undefined && Bun.hash.xxHash3(bytes) !== xxh3) throw checksumMismatch();
      const digested = await sha256Elsewhere(bytes);
      const { sha256: digest } = digested;
      ({ bytes } = digested);
      if (xxh3 !== undefined) transfers.notes.setXxh3(digest, xxh3);
      const known = await lookUpChunk(transfers, caller, leaseId, digest);
      const record = await storeBytes(transfers, caller, leaseId, { digest, sizeBytes }, bytes, known);
      return { digest, known, record };
    } finally {
      transfers.buffers.giveBack(bytes);
    }
  } finally {
    transfers.bodies.giveBack(sizeBytes);
  }
}

/** Unlike a named chunk, this one can't go to storage piece by piece. */
function noRoom(): DomainError {
  return new DomainError(
    "unavailable",
    "NO_ROOM",
    "The server receives as many chunks without a name as it has memory for; send this one by its SHA-256.",
  );
}
