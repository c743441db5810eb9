import { joinTiles } from "./tiles.ts";
import { wordsOf } from "./words.ts";

/** How many bytes an element has. */
export type GroupWidth = 2 | 4 | 8;

/** Stands for a plane that there is not: for the compiler only. */
const NO_BYTES = new Uint8Array(0);

/** How many bytes plane `index` has of so many bytes: every `width`th of them, from that one on. */
export function planeBytes(sizeBytes: number, width: number, index: number): number {
  return Math.ceil(Math.max(sizeBytes - index, 0) / width);
}

/** Sorts bytes into planes: byte j goes to plane j modulo width. */
export function splitPlanes(bytes: Uint8Array, width: GroupWidth): readonly Uint8Array<ArrayBuffer>[] {
  const sizeBytes = bytes.byteLength;
  const planes = Array.from(
    { length: width },
    (_, index) => new Uint8Array(planeBytes(sizeBytes, width, index)),
  );
  const count = Math.floor(sizeBytes / wordGroup(width)) * wordGroup(width);
  const words = wordsOf(bytes.subarray(0, count));
  if (width === 2) split2(words, planes);
  else if (width === 4) split4(words, planes);
  else split8(words, planes);
  for (let j = count; j < sizeBytes; j += 1) {
    const plane = planes[j % width] ?? NO_BYTES;
    plane[Math.floor(j / width)] = bytes[j] ?? 0;
  }
  return planes;
}

/** The inverse of splitPlanes: fills `bytes`, which has its buffer to itself. */
export function joinPlanes(
  planes: readonly Uint8Array[],
  width: GroupWidth,
  bytes: Uint8Array<ArrayBuffer>,
): void {
  const count = width === 8 ? join8(bytes, planes) : joinTiles(bytes, undefined, planes, width);
  for (let j = count; j < bytes.byteLength; j += 1)
    bytes[j] = planes[j % width]?.[Math.floor(j / width)] ?? 0;
}

/** Bytes that one turn of the loops below takes: whole words and whole elements. */
function wordGroup(width: GroupWidth): number {
  return Math.max(width, 4);
}

/*
 * A loop for each width, with each plane in a variable of its own: only so do they compile to a few instructions a
 * word.
 */

function split2(words: Int32Array, planes: readonly Uint8Array[]): void {
  const [p0 = NO_BYTES, p1 = NO_BYTES] = planes;
  for (let i = 0, k = 0; i < words.length; i += 1, k += 2) {
    const word = words[i] ?? 0;
    p0[k] = word;
    p1[k] = word >>> 8;
    p0[k + 1] = word >>> 16;
    p1[k + 1] = word >>> 24;
  }
}

function split4(words: Int32Array, planes: readonly Uint8Array[]): void {
  const [p0 = NO_BYTES, p1 = NO_BYTES, p2 = NO_BYTES, p3 = NO_BYTES] = planes;
  for (let i = 0; i < words.length; i += 1) {
    const word = words[i] ?? 0;
    p0[i] = word;
    p1[i] = word >>> 8;
    p2[i] = word >>> 16;
    p3[i] = word >>> 24;
  }
}

function split8(words: Int32Array, planes: readonly Uint8Array[]): void {
  const [p0 = NO_BYTES, p1 = NO_BYTES, p2 = NO_BYTES, p3 = NO_BYTES] = planes;
  const [p4 = NO_BYTES, p5 = NO_BYTES, p6 = NO_BYTES, p7 = NO_BYTES] = planes.slice(4);
  for (let i = 0, k = 0; i < words.length; i += 2, k += 1) {
    const low = words[i] ?? 0;
    const high = words[i + 1] ?? 0;
    p0[k] = low;
    p1[k] = low >>> 8;
    p2[k] = low >>> 16;
    p3[k] = low >>> 24;
    p4[k] = high;
    p5[k] = high >>> 8;
    p6[k] = high >>> 16;
    p7[k] = high >>> 24;
  }
}

/** How many bytes were filled: whole elements. */
function join8(bytes: Uint8Array<ArrayBuffer>, planes: readonly Uint8Array[]): number {
  const [p0 = NO_BYTES, p1 = NO_BYTES, p2 = NO_BYTES, p3 = NO_BYTES] = planes;
  const [p4 = NO_BYTES, p5 = NO_BYTES, p6 = NO_BYTES, p7 = NO_BYTES] = planes.slice(4);
  const count = Math.floor(bytes.byteLength / 8) * 8;
  const words = wordsOf(bytes.subarray(0, count));
  for (let i = 0, k = 0; i < words.length; i += 2, k += 1) {
    words[i] = (p0[k] ?? 0) | ((p1[k] ?? 0) << 8) | ((p2[k] ?? 0) << 16) | ((p3[k] ?? 0) << 24);
    words[i + 1] = (p4[k] ?? 0) | ((p5[k] ?? 0) << 8) | ((p6[k] ?? 0) << 16) | ((p7[k] ?? 0) << 24);
  }
  return count;
}
