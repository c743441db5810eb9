import { invalid } from "./errors.ts";
import { MAX_PACK_CHUNKS, MAX_PACKED_CHUNK_BYTES } from "./limits.ts";

/**
 * The form of a pack: the body of a request with many chunks, and the object that keeps them. Numbers are
 * little-endian.
 *
 *   8 bytes     "MBXPACK1"
 *   4 bytes     number of chunks
 *   36 bytes    for each chunk: its SHA-256, and its size in 4 bytes
 *   the rest    the bytes of the chunks, in the same order, with nothing between them
 */
const MAGIC = new TextEncoder().encode("MBXPACK1");
const COUNT_OFFSET = MAGIC.byteLength;
const HEAD_BYTES = COUNT_OFFSET + 4;
const DIGEST_BYTES = 32;
const ENTRY_BYTES = DIGEST_BYTES + 4;

/** A chunk of a pack. */
export interface PackEntry {
  /** SHA-256 (hex) of its bytes. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** Where its bytes begin in the pack. */
  readonly offsetBytes: number;
}

/** How many bytes come before those of the first of so many chunks. */
export function packIndexBytes(chunkCount: number): number {
  return HEAD_BYTES + chunkCount * ENTRY_BYTES;
}

/** Writes what comes before the bytes of these chunks; returns how many bytes it took. */
export function writePackIndex(
  into: Uint8Array<ArrayBuffer>,
  chunks: readonly Omit<PackEntry, "offsetBytes">[],
): number {
  const view = Buffer.from(into.buffer, into.byteOffset, into.byteLength);
  view.set(MAGIC);
  let end = view.writeUInt32LE(chunks.length, COUNT_OFFSET);
  for (const { digest, sizeBytes } of chunks) {
    end += view.write(digest, end, DIGEST_BYTES, "hex");
    end = view.writeUInt32LE(sizeBytes, end);
  }
  return end;
}

/** Writes a pack of these chunks; returns the part of the array that it takes. */
export function writePack(
  into: Uint8Array<ArrayBuffer>,
  chunks: readonly { readonly digest: string; readonly bytes: Uint8Array }[],
): Uint8Array<ArrayBuffer> {
  let end = writePackIndex(
    into,
    chunks.map(({ digest, bytes }) => ({ digest, sizeBytes: bytes.byteLength })),
  );
  for (const { bytes } of chunks) {
    into.set(bytes, end);
    end += bytes.byteLength;
  }
  return into.subarray(0, end);
}

/**
 * The chunks of a pack that has `packBytes` in all; `begin` are its first bytes, all of them or at least those before
 * the chunks. Throws DomainError "invalid_argument" when it is none. Whether the bytes fit the digests is for the
 * caller to see.
 */
export function readPackIndex(begin: Uint8Array, packBytes: number): readonly PackEntry[] {
  const view = Buffer.from(begin.buffer, begin.byteOffset, begin.byteLength);
  if (view.byteLength < HEAD_BYTES || !view.subarray(0, COUNT_OFFSET).equals(MAGIC))
    throw invalid(
      "body",
      'must be a pack: "MBXPACK1", the number of chunks, their digests and sizes, their bytes',
    );
  const count = view.readUInt32LE(COUNT_OFFSET);
  if (count < 1 || count > MAX_PACK_CHUNKS)
    throw invalid("body", `must have 1 to ${MAX_PACK_CHUNKS} chunks, has ${count}`);
  const entries: PackEntry[] = [];
  let offsetBytes = packIndexBytes(count);
  if (view.byteLength < offsetBytes) throw wrongLength(packBytes);
  for (let at = HEAD_BYTES; entries.length < count; at += ENTRY_BYTES) {
    const sizeBytes = view.readUInt32LE(at + DIGEST_BYTES);
    if (sizeBytes < 1 || sizeBytes > MAX_PACKED_CHUNK_BYTES)
      throw invalid(
        "body",
        `must have chunks of 1 to ${MAX_PACKED_CHUNK_BYTES} bytes, has one of ${sizeBytes}`,
      );
    entries.push({ digest: view.toString("hex", at, at + DIGEST_BYTES), sizeBytes, offsetBytes });
    offsetBytes += sizeBytes;
  }
  if (offsetBytes !== packBytes) throw wrongLength(packBytes);
  return entries;
}

function wrongLength(packBytes: number): Error {
  return invalid("body", `must end with the last of its chunks, and has ${packBytes} bytes`);
}
