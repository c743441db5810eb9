import type { Chunk, Pack } from "../../domain/entities.ts";
import { DomainError } from "../../domain/errors.ts";
import { newId } from "../../domain/ids.ts";
import { packObjectKey } from "../../domain/object-keys.ts";
import { packIndexBytes, readPackIndex, writePackIndex, type PackEntry } from "../../domain/pack-format.ts";
import { sha256, sha256Elsewhere } from "../../hashing/digests.ts";
import type { Caller } from "../context.ts";
import { digestMismatch, sizeMismatch } from "./body-errors.ts";
import type { PackRecording } from "./chunk-recorder.ts";
import { WAIT_FOR_ROOM_MS } from "./flow-limits.ts";
import { requireUploadLease } from "./store-chunk.ts";
import type { Transfers } from "./transfers.ts";

/** Many small chunks in one body (domain/pack-format.ts). */
export interface PostPackInput {
  readonly leaseId: string;
  readonly sizeBytes: number;
  /** The body, in an array that goes to the pool of buffers afterwards. */
  readonly whole: () => Promise<Uint8Array<ArrayBuffer>>;
}

/** What the caller is told of a pack. */
export interface PostedPack {
  /** How many of the chunks were stored, and the caller may know that. */
  readonly existing: number;
}

/**
 * Stores small chunks under an upload lease: all of them, or none when one is not what its digest says. Those that are new
 * become one object; the others are only held, which sending their bytes gives a right to.
 */
export async function postPack(
  transfers: Transfers,
  caller: Caller,
  input: PostPackInput,
): Promise<PostedPack> {
  using _busy = transfers.load.begin();
  await requireUploadLease(transfers, caller, input.leaseId);
  const { existing, ...recording } = await store(transfers, caller, input);
  await record(transfers, caller, input.leaseId, recording);
  return { existing };
}

/** Takes memory for the body only until its bytes are stored: others need it while they are recorded. */
async function store(
  transfers: Transfers,
  caller: Caller,
  { leaseId, sizeBytes, whole }: PostPackInput,
): Promise<PackRecording & PostedPack> {
  if (!(await transfers.bodies.takeSoon(sizeBytes, WAIT_FOR_ROOM_MS))) throw noRoom();
  try {
    let bytes = await whole();
    try {
      if (bytes.byteLength !== sizeBytes) throw sizeMismatch(sizeBytes, String(bytes.byteLength));
      const entries = readPackIndex(bytes, sizeBytes);
      requireDigests(bytes, entries);
      const { known, existing } = await lookUp(transfers, caller, leaseId, entries);
      const fresh = firstOfEach(entries).filter(({ digest }) => !known.has(digest));
      if (fresh.length === 0) return { existing, pack: undefined, chunks: [], known: [...known] };
      const packed = fresh.length === entries.length ? entries : withoutOthers(bytes, fresh);
      const now = transfers.context.clock.nowMicros();
      const pack = newPack(packed, now);
      // The memory beyond the pack is kept for the next body.
      const digested = await sha256Elsewhere(bytes.subarray(0, pack.sizeBytes));
      bytes = new Uint8Array(digested.bytes.buffer);
      await transfers.context.blobs.writeBytes(pack.objectKey, digested.bytes, digested.sha256);
      const chunks = packed.map((entry) => chunkOf(entry, pack));
      return { existing, pack, chunks, known: [...known] };
    } finally {
      transfers.buffers.giveBack(bytes);
    }
  } finally {
    transfers.bodies.giveBack(sizeBytes);
  }
}

function requireDigests(bytes: Uint8Array, entries: readonly PackEntry[]): void {
  for (const { digest, sizeBytes, offsetBytes } of entries) {
    const actual = sha256(bytes.subarray(offsetBytes, offsetBytes + sizeBytes));
    if (actual !== digest) throw digestMismatch(digest, actual);
  }
}

/** Which of the chunks are stored, and how many of these the caller may know of. */
async function lookUp(
  { context }: Transfers,
  caller: Caller,
  leaseId: string,
  entries: readonly PackEntry[],
): Promise<PostedPack & { readonly known: ReadonlySet<string> }> {
  return await context.metadata.read(async (tx) => {
    const rows = await tx.chunks.getMany(entries.map(({ digest }) => digest));
    const known = rows.filter(({ state }) => state === "stored").map(({ digest }) => digest);
    if (known.length === 0) return { known: new Set(), existing: 0 };
    const held = (await tx.chunks.heldBy(leaseId, known)).map(({ digest }) => digest);
    const visible = (await tx.chunks.presentIn(known, caller.readable)).union(new Set(held));
    return { known: new Set(known), existing: visible.size };
  });
}

function firstOfEach(entries: readonly PackEntry[]): readonly PackEntry[] {
  const seen = new Set<string>();
  return entries.filter(({ digest }) => seen.size < seen.add(digest).size);
}

/** Makes the bytes a pack of some of its chunks; returns where they are now. */
function withoutOthers(bytes: Uint8Array<ArrayBuffer>, kept: readonly PackEntry[]): readonly PackEntry[] {
  let end = packIndexBytes(kept.length);
  // Each moves towards the beginning, over what is not kept: the index got shorter, too.
  const moved = kept.map((entry) => {
    bytes.copyWithin(end, entry.offsetBytes, entry.offsetBytes + entry.sizeBytes);
    const offsetBytes = end;
    end += entry.sizeBytes;
    return { ...entry, offsetBytes };
  });
  writePackIndex(bytes, moved);
  return moved;
}

function newPack(entries: readonly PackEntry[], createdAt: number): Pack {
  const id = newId();
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, packIndexBytes(entries.length));
  return { id, objectKey: packObjectKey(id), sizeBytes, createdAt };
}

function chunkOf({ digest, sizeBytes, offsetBytes }: PackEntry, pack: Pack): Chunk {
  return {
    digest,
    sizeBytes,
    generation: pack.id,
    objectKey: pack.objectKey,
    objectOffset: offsetBytes,
    storedBytes: sizeBytes,
    encoding: "raw",
    baseDigest: "",
    chainDepth: 0,
    state: "stored",
    durable: false,
    createdAt: pack.createdAt,
    packId: pack.id,
    namespaceId: "",
  };
}

async function record(
  { context, recorder }: Transfers,
  caller: Caller,
  leaseId: string,
  recording: PackRecording,
): Promise<void> {
  const { pack } = recording;
  let isUsed = false;
  try {
    isUsed = await recorder.recordPack(caller, leaseId, recording);
  } catch (error) {
    // After a failure of the database the rows may be there all the same, and then need their object.
    if (pack !== undefined && error instanceof DomainError && error.kind !== "unavailable")
      await context.blobs.delete(pack.objectKey);
    throw error;
  }
  if (pack !== undefined && !isUsed) await context.blobs.delete(pack.objectKey);
}

function noRoom(): DomainError {
  return new DomainError(
    "unavailable",
    "NO_ROOM",
    "The server receives as many packs as it has memory for; send this one again.",
  );
}
