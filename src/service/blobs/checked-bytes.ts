import type { BlobReader } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { sha256 } from "../../hashing/digests.ts";
import { releaseBytes, releaseOwned } from "../../hashing/release.ts";
import { SEND_PIECE_BYTES, WAIT_FOR_KEPT_MS } from "./flow-limits.ts";
import { readPlain } from "./plain-bytes.ts";
import type { Transfers } from "./transfers.ts";

/** A chunk whose bytes were right when they were looked at just now. */
export interface CheckedChunk extends AsyncDisposable {
  /**
   * Bytes from `begin` up to `end`, to be asked for once. A piece is there until the next one is asked for, or the chunk is
   * disposed.
   */
  pieces(begin: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
}

/** How much of a chunk will be asked for: what is read twice costs more time, what is kept more memory. */
export type ChunkUse = "most" | "little";

/**
 * Reads and checks all bytes of a chunk; undefined when they are not its digest's. Throws as readPlain does.
 *
 * If there is room soon they are kept in memory until they are sent. Beyond that they are read a second time then:
 * how much memory downloads take must not depend on how many there are, nor on how slow their clients are.
 */
export async function checkBytes(
  transfers: Transfers,
  chunk: Chunk,
  use: ChunkUse,
): Promise<CheckedChunk | undefined> {
  const isKept = use === "most" && (await transfers.kept.takeSoon(chunk.sizeBytes, WAIT_FOR_KEPT_MS));
  if (isKept) return checkKept(transfers, chunk);
  return chunk.encoding === "raw" ? checkAndReread(transfers, chunk) : checkAndDecodeAgain(transfers, chunk);
}

/** Gives the room of the chunk back, and its memory, at the latest with the checked chunk. */
async function checkKept(transfers: Transfers, chunk: Chunk): Promise<CheckedChunk | undefined> {
  const { context, kept, notes, buffers } = transfers;
  await using owned = new AsyncDisposableStack();
  owned.defer(() => kept.giveBack(chunk.sizeBytes));
  let spare: Uint8Array<ArrayBuffer> | undefined;
  const bytes = await readPlain(context, chunk, (sizeBytes) => {
    const taken = buffers.take(sizeBytes);
    owned.defer(() => buffers.giveBack(taken));
    return (spare = taken);
  });
  if (bytes !== spare) owned.defer(() => releaseBytes(bytes));
  if (isNoted(chunk)) {
    const checksum = notes.checksum();
    checksum.add(bytes);
    const note = checksum.finish();
    if (notes.get(chunk.objectKey) !== note) {
      if (sha256(bytes) !== chunk.digest) return undefined;
      notes.set(chunk.objectKey, note);
    }
    if (notes.xxh3(chunk.digest) === undefined) notes.setXxh3(chunk.digest, Bun.hash.xxHash3(bytes));
  } else if (sha256(bytes) !== chunk.digest) return undefined;
  const stack = owned.move();
  return {
    pieces: (begin, end) => keptPieces(bytes, begin, end),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function checkAndReread(transfers: Transfers, chunk: Chunk): Promise<CheckedChunk | undefined> {
  await using owned = new AsyncDisposableStack();
  const reader = owned.use(await transfers.context.blobs.openReader(chunk.objectKey));
  const right = await transfers.checks.run(({ bytes }) => isRight(transfers, reader, chunk, bytes));
  if (!right) return undefined;
  const stack = owned.move();
  return {
    pieces: (begin, end) => readPieces(reader, chunk, begin, end),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Encoded bytes are decoded to be checked, and once more for each piece. */
async function checkAndDecodeAgain(transfers: Transfers, chunk: Chunk): Promise<CheckedChunk | undefined> {
  const { decodes, context } = transfers;
  const right = await decodes.run(async () => {
    const bytes = await readPlain(context, chunk);
    try {
      return sha256(bytes) === chunk.digest;
    } finally {
      releaseOwned(bytes);
    }
  });
  if (!right) return undefined;
  return {
    pieces: (begin, end) => decodedPieces(transfers, chunk, begin, end),
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** Throws when the bytes are others by now. */
async function* decodedPieces(
  transfers: Transfers,
  chunk: Chunk,
  begin: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const { decodes, context } = transfers;
  for (let next = begin; next < end; next += SEND_PIECE_BYTES) {
    const piece = await decodes.run(async () => {
      const bytes = await readPlain(context, chunk);
      try {
        if (sha256(bytes) !== chunk.digest)
          throw new Error(`the chunk ${chunk.digest} changed while it was read`);
        return bytes.slice(next, Math.min(next + SEND_PIECE_BYTES, end));
      } finally {
        releaseOwned(bytes);
      }
    });
    try {
      yield piece;
    } finally {
      releaseBytes(piece);
    }
  }
}

/** A note of the bytes is enough; without one, or when it does not fit, their SHA-256 decides. */
async function isRight(
  { notes }: Transfers,
  reader: BlobReader,
  chunk: Chunk,
  buffer: Uint8Array,
): Promise<boolean> {
  const note = isNoted(chunk) ? notes.get(chunk.objectKey) : undefined;
  if (note !== undefined) {
    const checksum = notes.checksum();
    await eachPiece(reader, chunk, buffer, (piece) => checksum.add(piece));
    if (checksum.finish() === note) return true;
  }
  const hasher = new Bun.CryptoHasher("sha256");
  const checksum = notes.checksum();
  await eachPiece(reader, chunk, buffer, (piece) => {
    hasher.update(piece);
    checksum.add(piece);
  });
  if (hasher.digest("hex") !== chunk.digest) return false;
  if (isNoted(chunk)) notes.set(chunk.objectKey, checksum.finish());
  return true;
}

/** Chunks of packs share an object, and are so small and many that notes of them would only push others out. */
function isNoted({ packId }: Chunk): boolean {
  return packId === "";
}

async function eachPiece(
  reader: BlobReader,
  { objectOffset, sizeBytes }: Chunk,
  buffer: Uint8Array,
  use: (piece: Uint8Array) => void,
): Promise<void> {
  for (let offset = 0; offset < sizeBytes; offset += buffer.byteLength) {
    const piece = buffer.subarray(0, sizeBytes - offset);
    await reader.read(piece, objectOffset + offset);
    use(piece);
  }
}

async function* keptPieces(
  bytes: Uint8Array<ArrayBuffer>,
  begin: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let next = begin; next < end; next += SEND_PIECE_BYTES)
    yield bytes.subarray(next, Math.min(next + SEND_PIECE_BYTES, end));
}

async function* readPieces(
  reader: BlobReader,
  { objectOffset }: Chunk,
  begin: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const array = new Uint8Array(Math.min(SEND_PIECE_BYTES, end - begin));
  try {
    for (let next = begin; next < end; next += SEND_PIECE_BYTES) {
      const piece = array.subarray(0, Math.min(SEND_PIECE_BYTES, end - next));
      await reader.read(piece, objectOffset + next);
      yield piece;
    }
  } finally {
    releaseBytes(array);
  }
}
