import { huffmanKernel, MAX_BLOCK_BYTES, MAX_CODE_BITS } from "./huffman-kernel.ts";
import { codeLengths } from "./huffman-lengths.ts";
import { describeTree } from "./huffman-tree.ts";

/*
 * Zstandard frames (RFC 8878) of Huffman codes alone. What Zstandard itself makes of the digits of numbers has
 * matches, which are chance there: each costs more than the literals it replaces, and time on both sides.
 */

const SYMBOLS = 256;
const MAGIC = 0xfd2fb528;
/** One segment, and its size in four bytes. */
const DESCRIPTOR = 0xa0;
const FRAME_HEADER_BYTES = 9;
const BLOCK_HEADER_BYTES = 3;
const RAW_BLOCK = 0;
const RLE_BLOCK = 1;
const COMPRESSED_BLOCK = 2;
/** Codes in four streams, whose sizes are given in 18 bits. */
const LITERALS_KIND = 0b1110;
const LITERALS_HEADER_BYTES = 5;
const JUMP_TABLE_BYTES = 6;
const STREAMS = 4;
/** Fewer bytes are not worth their description. */
const MIN_CODED_BYTES = 256;

/** One frame, without matches. */
export function compressLiterals(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const blocks = Math.max(Math.ceil(bytes.byteLength / MAX_BLOCK_BYTES), 1);
  const frame = new Uint8Array(FRAME_HEADER_BYTES + bytes.byteLength + blocks * BLOCK_HEADER_BYTES);
  const view = new DataView(frame.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint8(4, DESCRIPTOR);
  view.setUint32(5, bytes.byteLength, true);
  let offset = FRAME_HEADER_BYTES;
  for (let index = 1; index <= blocks; index += 1) {
    const block = bytes.subarray((index - 1) * MAX_BLOCK_BYTES, index * MAX_BLOCK_BYTES);
    const counts = countBytes(block);
    const first = block[0];
    const isSame = first !== undefined && counts[first] === block.byteLength;
    const codedBytes = isSame ? undefined : writeCodes(block, counts, frame, offset + BLOCK_HEADER_BYTES);
    const type = isSame ? RLE_BLOCK : codedBytes === undefined ? RAW_BLOCK : COMPRESSED_BLOCK;
    const header = (index === blocks ? 1 : 0) | (type << 1) | ((codedBytes ?? block.byteLength) << 3);
    view.setUint16(offset, header & 0xffff, true);
    view.setUint8(offset + 2, header >>> 16);
    offset += BLOCK_HEADER_BYTES;
    if (codedBytes !== undefined) offset += codedBytes;
    else if (isSame) frame[offset++] = first;
    else {
      frame.set(block, offset);
      offset += block.byteLength;
    }
  }
  return frame.subarray(0, offset);
}

/** How often each byte is there, in a block at most. */
export function countBytes(bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  const kernel = huffmanKernel();
  kernel.source.set(bytes);
  return kernel.count(bytes.byteLength);
}

function increment(counts: Uint16Array, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
}

/** Writes the contents of the block that was counted last, and returns how long they are, or undefined unless they are shorter than it. */
function writeCodes(
  block: Uint8Array,
  counts: Uint32Array,
  frame: Uint8Array,
  at: number,
): number | undefined {
  if (block.byteLength < MIN_CODED_BYTES) return undefined;
  const lengths = codeLengths(counts);
  const tree = lengths && describeTree(lengths);
  if (lengths === undefined || tree === undefined) return undefined;
  let codedBits = 0;
  for (let byte = 0; byte < SYMBOLS; byte += 1) codedBits += (counts[byte] ?? 0) * (lengths[byte] ?? 0);
  const headBytes = LITERALS_HEADER_BYTES + tree.length + JUMP_TABLE_BYTES;
  if (headBytes + codedBits / 8 + STREAMS + 1 >= block.byteLength) return undefined;
  const kernel = huffmanKernel();
  setCodes(kernel.codes, lengths);
  const streamBytes = Math.ceil(block.byteLength / STREAMS);
  const ends: number[] = [];
  for (let begin = 0; begin < block.byteLength; begin += streamBytes)
    ends.push(kernel.write(begin, Math.min(begin + streamBytes, block.byteLength), ends.at(-1) ?? 0));
  const codesBytes = ends.at(-1) ?? 0;
  const compressedBytes = tree.length + JUMP_TABLE_BYTES + codesBytes;
  const view = new DataView(frame.buffer, frame.byteOffset + at);
  view.setUint32(0, LITERALS_KIND | (block.byteLength << 4) | (compressedBytes << 22), true);
  view.setUint8(4, compressedBytes >>> 10);
  frame.set(tree, at + LITERALS_HEADER_BYTES);
  for (let stream = 0; stream < STREAMS - 1; stream += 1)
    view.setUint16(
      LITERALS_HEADER_BYTES + tree.length + stream * 2,
      (ends[stream] ?? 0) - (ends[stream - 1] ?? 0),
      true,
    );
  frame.set(kernel.target.subarray(0, codesBytes), at + headBytes);
  // No sequences.
  frame[at + headBytes + codesBytes] = 0;
  return headBytes + codesBytes + 1;
}

/** The longest codes have the smallest numbers, and among those of one length smaller bytes have. */
function setCodes(codes: Int32Array, lengths: Uint8Array): void {
  const next = new Uint16Array(MAX_CODE_BITS + 2);
  for (let byte = 0; byte < SYMBOLS; byte += 1) increment(next, lengths[byte] ?? 0);
  let code = 0;
  for (let length = MAX_CODE_BITS; length > 0; length -= 1) {
    const count = next[length] ?? 0;
    next[length] = code;
    code = (code + count) >>> 1;
  }
  for (let byte = 0; byte < SYMBOLS; byte += 1) {
    const length = lengths[byte] ?? 0;
    if (length === 0) continue;
    codes[byte] = (next[length] ?? 0) | (length << 16);
    increment(next, length);
  }
}
