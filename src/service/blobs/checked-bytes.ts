import type { BlobReader } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { CHECK_PIECE_BYTES, SEND_PIECE_BYTES } from "./flow-limits.ts";
import type { Transfers } from "./transfers.ts";

/** A chunk whose bytes were right when they were looked at just now. */
export interface CheckedChunk extends AsyncDisposable {
  /** Bytes from `begin` up to `end`. Each piece is valid until the next one is asked for. To be asked for once. */
  pieces(begin: number, end: number): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
}

/** How much of a chunk will be asked for: what is read twice costs more time, what is kept more memory. */
export type ChunkUse = "most" | "little";

/**
 * Reads and checks all bytes of a chunk; undefined when they are not its digest's. Disposes the reader, at the latest
 * with the checked chunk.
 *
 * As long as there is room they are kept in memory until they are sent. Beyond that they are read a second time then:
 * how much memory downloads take must not depend on how many there are, nor on how slow their clients are.
 */
export async function checkBytes(
  transfers: Transfers,
  reader: BlobReader,
  chunk: Chunk,
  use: ChunkUse,
): Promise<CheckedChunk | undefined> {
  await using owned = new AsyncDisposableStack();
  owned.use(reader);
  if (use === "most" && transfers.kept.take(chunk.sizeBytes)) {
    owned.defer(() => transfers.kept.giveBack(chunk.sizeBytes));
    const bytes = transfers.buffers.take(chunk.sizeBytes);
    owned.defer(() => transfers.buffers.giveBack(bytes));
    const ofPiece: PieceArray = (begin, end) => bytes.subarray(begin, end);
    if (!(await isRight(transfers, reader, chunk, ofPiece))) return undefined;
    const { notes } = transfers;
    if (notes.xxh3(chunk.digest) === undefined) notes.setXxh3(chunk.digest, Bun.hash.xxHash3(bytes));
    const stack = owned.move();
    return {
      pieces: (begin, end) => keptPieces(bytes, begin, end),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  }
  const right = await transfers.checks.run((buffer) =>
    isRight(transfers, reader, chunk, (begin, end) => buffer.bytes.subarray(0, end - begin)),
  );
  if (!right) return undefined;
  const stack = owned.move();
  return {
    pieces: (begin, end) => readPieces(reader, chunk, begin, end),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Where the piece of a chunk from `begin` up to `end` is read to. */
type PieceArray = (begin: number, end: number) => Uint8Array;

/** A note of the bytes is enough; without one, or when it does not fit, their SHA-256 decides. */
async function isRight(
  { notes }: Transfers,
  reader: BlobReader,
  chunk: Chunk,
  array: PieceArray,
): Promise<boolean> {
  const note = notes.get(chunk.objectKey);
  if (note !== undefined) {
    const checksum = notes.checksum();
    await eachPiece(reader, chunk, array, (piece) => checksum.add(piece));
    if (checksum.finish() === note) return true;
  }
  const hasher = new Bun.CryptoHasher("sha256");
  const checksum = notes.checksum();
  await eachPiece(reader, chunk, array, (piece) => {
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
  array: PieceArray,
  use: (piece: Uint8Array) => void,
): Promise<void> {
  for (let offset = 0; offset < sizeBytes; offset += CHECK_PIECE_BYTES) {
    const piece = array(offset, Math.min(offset + CHECK_PIECE_BYTES, sizeBytes));
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
