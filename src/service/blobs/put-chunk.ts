import { sha256Elsewhere } from "../../hashing/digests.ts";
import type { Caller } from "../context.ts";
import { digestMismatch, sizeMismatch } from "./body-errors.ts";
import type { Checksum } from "./chunk-notes.ts";
import type { ChunkInput } from "./find-missing-chunks.ts";
import { holdChunk, lookUpChunk, openChunk, storeBytes, type KnownChunk } from "./store-chunk.ts";
import type { Transfers } from "./transfers.ts";

export interface PutChunkInput extends ChunkInput {
  readonly leaseId: string;
  readonly body: AsyncIterable<Uint8Array>;
  /** The same body in one piece, in an array that goes to the pool of buffers afterwards. Either is asked for, not both. */
  readonly whole?: () => Promise<Uint8Array<ArrayBuffer>>;
}

/**
 * Stores one chunk under an upload lease. A body that does not match leaves nothing. A digest that is stored already is
 * read and checked all the same: sending the bytes, not knowing their digest, is what lets a caller use them.
 *
 * A body in one piece costs least, and memory for all of it: beyond what there is room for, bodies go to storage piece
 * by piece. So memory is bounded, and slow clients hold up nobody.
 */
export async function putChunk(
  transfers: Transfers,
  caller: Caller,
  { leaseId, body, whole, ...input }: PutChunkInput,
): Promise<{ readonly exists: boolean }> {
  using _busy = transfers.load.begin();
  // The body is read while this is looked up: what nobody reads piles up in memory, for each of many uploads.
  const lookup = new Lookup(lookUpChunk(transfers, caller, leaseId, input.digest));
  if (whole !== undefined && transfers.bodies.take(input.sizeBytes)) {
    const record = await storeWhole(transfers, caller, leaseId, input, whole, lookup);
    await record();
    const known = lookup.result();
    return { exists: known.isStored && known.isVisible };
  }
  await using chunk = await openChunk(transfers, caller, leaseId, input);
  const checksum = await receive(transfers, input, body, async (piece) => {
    if (!lookup.result().isStored) await chunk.write(piece);
  });
  const known = await lookup.settled;
  if (known.isStored) {
    await holdChunk(transfers, caller, leaseId, input.digest);
    return { exists: known.isVisible };
  }
  await chunk.commit(checksum);
  await chunk.record();
  return { exists: false };
}

/** Takes memory for the body, and gives it back once its bytes are stored; returns how to record them. */
async function storeWhole(
  transfers: Transfers,
  caller: Caller,
  leaseId: string,
  input: ChunkInput,
  whole: () => Promise<Uint8Array<ArrayBuffer>>,
  lookup: Lookup,
): Promise<() => Promise<void>> {
  try {
    let bytes = await whole();
    try {
      const known = await lookup.settled;
      if (bytes.byteLength !== input.sizeBytes) throw sizeMismatch(input.sizeBytes, String(bytes.byteLength));
      const digested = await sha256Elsewhere(bytes);
      const { sha256 } = digested;
      ({ bytes } = digested);
      if (sha256 !== input.digest) throw digestMismatch(input.digest, sha256);
      return await storeBytes(transfers, caller, leaseId, input, bytes, known);
    } finally {
      transfers.buffers.giveBack(bytes);
    }
  } finally {
    transfers.bodies.giveBack(input.sizeBytes);
  }
}

/** An answer that may not be there yet. */
class Lookup {
  readonly settled: Promise<KnownChunk>;
  #known: KnownChunk = { isStored: false, isVisible: false };
  #failure: { readonly error: unknown } | undefined;

  constructor(lookup: Promise<KnownChunk>) {
    this.settled = lookup;
    lookup.then(
      (known) => void (this.#known = known),
      (error: unknown) => void (this.#failure = { error }),
    );
  }

  /** What is known by now; throws once the lookup has failed. */
  result(): KnownChunk {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#known;
  }
}

/** Reads the body to its end, and throws unless it is the chunk that was announced. */
async function receive(
  { notes }: Transfers,
  { digest, sizeBytes }: ChunkInput,
  body: AsyncIterable<Uint8Array>,
  write: (piece: Uint8Array) => Promise<void>,
): Promise<Checksum> {
  const hasher = new Bun.CryptoHasher("sha256");
  const checksum = notes.checksum();
  let receivedBytes = 0;
  for await (const piece of body) {
    receivedBytes += piece.byteLength;
    if (receivedBytes > sizeBytes) throw sizeMismatch(sizeBytes, "more");
    hasher.update(piece);
    checksum.add(piece);
    await write(piece);
  }
  if (receivedBytes < sizeBytes) throw sizeMismatch(sizeBytes, `only ${receivedBytes}`);
  const actual = hasher.digest("hex");
  if (actual !== digest) throw digestMismatch(digest, actual);
  return checksum.finish();
}
