import { CorruptEncodingError } from "./corrupt-encoding-error.ts";

/** Higher levels cost far more time than they save on numbers: see docs/decisions/encoding.md. */
const LEVEL = 1;

const MAGIC = 0xfd2fb528;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8];
const DICTIONARY_ID_BYTES = [0, 1, 2, 4];
const SINGLE_SEGMENT = 0x20;
const RESERVED = 0x08;
const HAS_CHECKSUM = 0x04;
/** What a content size of two bytes leaves out. */
const TWO_BYTE_SIZE_BIAS = 256;
const RLE_BLOCK = 1;
const RESERVED_BLOCK = 3;

/** One Zstandard frame (RFC 8878) that says how many bytes it holds. */
export function compress(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return Bun.zstdCompressSync(bytes, { level: LEVEL }) as Buffer<ArrayBuffer>;
}

/**
 * The bytes of a frame that must hold `sizeBytes`. Throws CorruptEncodingError. The frame is looked through before: what
 * it claims must not make the decoder reserve more memory than that, nor go on to another frame.
 */
export function decompress(frame: Uint8Array<ArrayBuffer>, sizeBytes: number): Uint8Array<ArrayBuffer> {
  if (contentSizeOf(frame) !== sizeBytes) throw new CorruptEncodingError("a frame has another size");
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = Bun.zstdDecompressSync(frame) as Buffer<ArrayBuffer>;
  } catch (error) {
    throw new CorruptEncodingError("a frame can't be read", { cause: error });
  }
  if (bytes.byteLength !== sizeBytes) throw new CorruptEncodingError("a frame holds too few bytes");
  return bytes;
}

/** How many bytes a frame says it holds, if it is exactly one; undefined otherwise. */
function contentSizeOf(frame: Uint8Array): number | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  if (frame.byteLength < 5 || view.getUint32(0, true) !== MAGIC) return undefined;
  const descriptor = view.getUint8(4);
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0;
  const dictionaryBytes = DICTIONARY_ID_BYTES[descriptor & 3] ?? 0;
  if ((descriptor & RESERVED) !== 0 || dictionaryBytes !== 0) return undefined;
  const sizeOffset = isSingle ? 5 : 6;
  const sizeLength = CONTENT_SIZE_BYTES[descriptor >>> 6] || (isSingle ? 1 : 0);
  const blocksOffset = sizeOffset + sizeLength;
  if (sizeLength === 0 || blocksOffset > frame.byteLength) return undefined;
  const checksumBytes = (descriptor & HAS_CHECKSUM) === 0 ? 0 : 4;
  if (endOfBlocks(frame, blocksOffset) + checksumBytes !== frame.byteLength) return undefined;
  if (sizeLength === 1) return view.getUint8(sizeOffset);
  if (sizeLength === 2) return view.getUint16(sizeOffset, true) + TWO_BYTE_SIZE_BIAS;
  if (sizeLength === 4) return view.getUint32(sizeOffset, true);
  return Number(view.getBigUint64(sizeOffset, true));
}

/** Where the last block of a frame ends, or NaN. */
function endOfBlocks(frame: Uint8Array, begin: number): number {
  for (let offset = begin; offset + 3 <= frame.byteLength;) {
    const header = (frame[offset] ?? 0) | ((frame[offset + 1] ?? 0) << 8) | ((frame[offset + 2] ?? 0) << 16);
    const type = (header >>> 1) & 3;
    if (type === RESERVED_BLOCK) return Number.NaN;
    offset += 3 + (type === RLE_BLOCK ? 1 : header >>> 3);
    if ((header & 1) !== 0) return offset;
  }
  return Number.NaN;
}
