import type { BlobReader } from "../../domain/blob-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { CHECK_PIECE_BYTES, SEND_PIECE_BYTES } from "./flow-limits.ts";
import type { Transfers } from "./transfers.ts";

/** A chunk whose bytes were right when they were looked at just now. */
export interface CheckedChunk extends AsyncDisposable {
  /** Bytes from `begin` up to `end`. Nobody writes to the arrays any more. To be asked for once. */
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
    const pieces: (Uint8Array<ArrayBuffer> | undefined)[] = [];
    const ofPiece: PieceArray = (index, bytes) => (pieces[index] ??= new Uint8Array(bytes));
    if (!(await isRight(transfers, reader, chunk, ofPiece))) return undefined;
    const stack = owned.move();
    return {
      pieces: (begin, end) => keptPieces(pieces, begin, end),
      [Symbol.asyncDispose]: () => stack.disposeAsync(),
    };
  }
  const right = await transfers.checks.run((buffer) =>
    isRight(transfers, reader, chunk, (_, bytes) => buffer.bytes.subarray(0, bytes)),
  );
  if (!right) return undefined;
  const stack = owned.move();
  return {
    pieces: (begin, end) => readPieces(reader, chunk, begin, end),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

/** Where a piece of a chunk is read to, by its number. */
type PieceArray = (index: number, bytes: number) => Uint8Array;

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
    const piece = array(offset / CHECK_PIECE_BYTES, Math.min(CHECK_PIECE_BYTES, sizeBytes - offset));
    await reader.read(piece, objectOffset + offset);
    use(piece);
  }
}

async function* keptPieces(
  pieces: (Uint8Array<ArrayBuffer> | undefined)[],
  begin: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let next = begin; next < end;) {
    const index = Math.floor(next / CHECK_PIECE_BYTES);
    const from = next % CHECK_PIECE_BYTES;
    const piece = pieces[index]?.subarray(
      from,
      Math.min(from + SEND_PIECE_BYTES, CHECK_PIECE_BYTES, from + end - next),
    );
    if (piece === undefined) throw new Error("a piece was asked for twice");
    next += piece.byteLength;
    // Whoever sends the last part of it is the last to need it.
    if (next % CHECK_PIECE_BYTES === 0) pieces[index] = undefined;
    yield piece;
  }
}

async function* readPieces(
  reader: BlobReader,
  { objectOffset }: Chunk,
  begin: number,
  end: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  for (let next = begin; next < end;) {
    const piece = new Uint8Array(Math.min(SEND_PIECE_BYTES, end - next));
    await reader.read(piece, objectOffset + next);
    next += piece.byteLength;
    yield piece;
  }
}
