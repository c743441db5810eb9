import type { GroupWidth } from "./difference.ts";
import { MAX_CLASSES } from "./plane-kernel.ts";

/*
 * A plane has the bytes of one place in each element. Elements of a chunk that has a base are in classes, by how large the
 * base's element is, and each class has planes of its own: large numbers change by few of their last digits, small ones by many.
 */

/** What elements are stored as differences to. */
export interface Against {
  /** As many bytes as the elements have. */
  readonly base: Uint8Array<ArrayBuffer>;
  /** Ascending. An element is in the class whose number is how many of them the size of the base's element reaches. */
  readonly thresholds: readonly number[];
}

/** The bytes of a plane: all zero, as they are, or cut into halves of 4 bits, two of which are a byte, the first one below. */
export type Plane<Bytes extends Uint8Array = Uint8Array> =
  | { readonly kind: "zeros" }
  | { readonly kind: "whole"; readonly bytes: Bytes }
  | { readonly kind: "halves"; readonly low: Bytes; readonly high: Bytes | undefined };

/** Where to go on: elements that are done, and how many of each class are. */
export interface Progress {
  readonly elements: number;
  readonly ofClass: readonly number[];
}

/** Fewer elements are not worth the tables of a class. */
const MIN_CLASS_ELEMENTS = 4 * 1024;
/** Elements of a base that thresholds are chosen by. */
const SAMPLE_ELEMENTS = 4 * 1024;
const SIZES = 256;

/** The 8 bits below the highest one: the exponent, where elements are floating-point numbers. */
export function sizeOf(base: Uint8Array, element: number, width: GroupWidth): number {
  const last = (element + 1) * width - 1;
  return (((base[last] ?? 0) << 1) | ((base[last - 1] ?? 0) >>> 7)) & 0xff;
}

export function classOf({ base, thresholds }: Against, element: number, width: GroupWidth): number {
  const size = sizeOf(base, element, width);
  let index = 0;
  while (index < thresholds.length && size >= (thresholds[index] ?? 0)) index += 1;
  return index;
}

/** Thresholds that divide elements into classes of about as many each; none where they are few, or all of one size. */
export function chooseThresholds(
  base: Uint8Array,
  width: GroupWidth,
  minClassElements = MIN_CLASS_ELEMENTS,
): readonly number[] {
  const elements = Math.floor(base.byteLength / width);
  const classes = width === 8 ? 1 : Math.min(MAX_CLASSES, Math.floor(elements / minClassElements));
  if (classes < 2) return [];
  const counts = new Uint32Array(SIZES);
  // An odd step, so that all columns of a matrix are among them.
  const step = Math.floor(elements / SAMPLE_ELEMENTS) | 1;
  let total = 0;
  for (let element = 0; element < elements; element += step, total += 1) {
    const size = sizeOf(base, element, width);
    counts[size] = (counts[size] ?? 0) + 1;
  }
  const thresholds: number[] = [];
  let below = 0;
  for (let size = 0; size < SIZES && thresholds.length < classes - 1; size += 1) {
    const count = counts[size] ?? 0;
    // The boundary that is nearer, before or after this size.
    const wanted = ((thresholds.length + 1) * total) / classes;
    if (below > 0 && below + count / 2 >= wanted) thresholds.push(size);
    below += count;
  }
  return thresholds;
}
