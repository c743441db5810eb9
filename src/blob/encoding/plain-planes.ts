import { addBase, type GroupWidth, rotateLeft, rotateRight, subtractBase } from "./difference.ts";
import { type Against, classOf, type Plane, type Progress } from "./elements.ts";

/*
 * The same as the kernel does, byte by byte: for the last few elements, for elements of 8 bytes, and where the processor
 * has no vectors.
 */

/** Bytes that words of all widths divide. */
const WORD_GROUP_BYTES = 8;
/** Stands for a plane that there is not: for the compiler only. */
const NO_BYTES = new Uint8Array(0);

/** Sorts the elements that are not done into planes. */
export function splitPlainly(
  bytes: Uint8Array<ArrayBuffer>,
  width: GroupWidth,
  against: Against | undefined,
  planes: readonly (readonly Uint8Array<ArrayBuffer>[])[],
  done: Progress,
): void {
  const begin = done.elements * width;
  if (begin === bytes.byteLength) return;
  const rest = padded(bytes.subarray(begin));
  if (against === undefined) rotateLeft(wordsOf(rest), width);
  else subtractBase(wordsOf(rest), wordsOf(padded(against.base.subarray(begin))), width);
  const { classes } = classesOf(bytes.byteLength / width, width, against, done);
  for (let number = 0; number < width; number += 1) {
    const targets = planes.map((ofOne) => ofOne[number] ?? NO_BYTES);
    const next = Int32Array.from(done.ofClass);
    for (let index = 0, at = number; index < classes.length; index += 1, at += width) {
      const own = classes[index] ?? 0;
      const place = next[own] ?? 0;
      (targets[own] ?? NO_BYTES)[place] = rest[at] ?? 0;
      next[own] = place + 1;
    }
  }
}

/** The inverse of splitPlainly. Returns how many elements of each class are done then. */
export function joinPlainly(
  planes: readonly (readonly Plane[])[],
  bytes: Uint8Array<ArrayBuffer>,
  width: GroupWidth,
  against: Against | undefined,
  done: Progress,
): readonly number[] {
  const begin = done.elements * width;
  const rest = padded(bytes.subarray(begin));
  const { classes, ofClass } = classesOf(bytes.byteLength / width, width, against, done);
  for (let number = 0; number < width; number += 1) {
    const sources = planes.map((ofOne, index) =>
      wholeBytes(ofOne[number] ?? { kind: "zeros" }, done.ofClass[index] ?? 0, ofClass[index] ?? 0),
    );
    const next = new Int32Array(planes.length);
    for (let index = 0, at = number; index < classes.length; index += 1, at += width) {
      const own = classes[index] ?? 0;
      const place = next[own] ?? 0;
      rest[at] = (sources[own] ?? NO_BYTES)[place] ?? 0;
      next[own] = place + 1;
    }
  }
  if (against === undefined) rotateRight(wordsOf(rest), width);
  else addBase(wordsOf(rest), wordsOf(padded(against.base.subarray(begin))), width);
  bytes.set(rest.subarray(0, bytes.byteLength - begin), begin);
  return ofClass;
}

/** The class of each element that is not done, and how many each has in all. */
function classesOf(elements: number, width: GroupWidth, against: Against | undefined, done: Progress) {
  const ofClass = Int32Array.from(done.ofClass);
  const classes = new Uint8Array(elements - done.elements);
  for (let index = 0; index < classes.length; index += 1) {
    const own = against === undefined ? 0 : classOf(against, done.elements + index, width);
    ofClass[own] = (ofClass[own] ?? 0) + 1;
    classes[index] = own;
  }
  return { classes, ofClass: [...ofClass] };
}

/** The bytes of a plane from one place to another. */
function wholeBytes(plane: Plane, begin: number, end: number): Uint8Array {
  if (plane.kind === "whole") return plane.bytes.subarray(begin, end);
  const bytes = new Uint8Array(end - begin);
  if (plane.kind === "zeros") return bytes;
  for (let place = begin; place < end; place += 1) {
    const shift = (place % 2) * 4;
    const low = ((plane.low[place >>> 1] ?? 0) >>> shift) & 0x0f;
    const high = ((plane.high?.[place >>> 1] ?? 0) >>> shift) & 0x0f;
    bytes[place - begin] = low | (high << 4);
  }
  return bytes;
}

/** A copy, continued with zeros to whole words. */
function padded(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(Math.ceil(bytes.byteLength / WORD_GROUP_BYTES) * WORD_GROUP_BYTES);
  copy.set(bytes);
  return copy;
}

function wordsOf({ buffer }: Uint8Array<ArrayBuffer>): Int32Array {
  return new Int32Array(buffer);
}
