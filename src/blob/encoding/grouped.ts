import { releaseBytes, releaseOwned } from "../../hashing/release.ts";
import { CorruptEncodingError } from "./corrupt-encoding-error.ts";
import type { GroupWidth } from "./difference.ts";
import { type Against, chooseThresholds, type Plane } from "./elements.ts";
import { MAX_CLASSES } from "./plane-kernel.ts";
import { joinElements, splitElements } from "./planes.ts";
import { estimatePlane, storePlane } from "./store-plane.ts";
import { decompress } from "./zstd-frame.ts";

/*
 * The form (docs/storage-layout.md): the width and the number of thresholds (1 byte each), the thresholds (1 byte each), how many elements
 * each class but the last has (32 bits), the planes of each class one after the other, and the bytes that are no whole element. A plane is its kind (1 byte), and so many streams: a length
 * (32 bits, little-endian), then as many bytes, which are the stream itself if it has that length, and else a frame.
 */

const NUMBER_BYTES = 4;
/** Classes of a sample: those of the whole chunk are larger. */
const MIN_SAMPLE_CLASS_ELEMENTS = 1024;
/** What a plane takes besides its codes, at least. */
const PLANE_BYTES = 16;
/** How many streams a plane of each kind has. */
const KINDS = { zeros: 0, whole: 1, low: 2, both: 3 } as const;

/** Elements with their sign last, or as differences to the base, in planes. */
export function encodeGrouped(
  bytes: Uint8Array<ArrayBuffer>,
  width: GroupWidth,
  base?: Uint8Array<ArrayBuffer>,
  thresholds = base === undefined ? [] : chooseThresholds(base, width),
): Uint8Array<ArrayBuffer> {
  const wholeBytes = bytes.byteLength - (bytes.byteLength % width);
  const against = base && againstOf(base, wholeBytes, thresholds);
  const classes = splitElements(bytes.subarray(0, wholeBytes), width, against);
  const parts: Uint8Array<ArrayBuffer>[] = [Uint8Array.of(width, thresholds.length, ...thresholds)];
  for (const [plane] of classes.slice(0, -1)) parts.push(number(plane?.byteLength ?? 0));
  for (const plane of classes.flat()) {
    const streams = storePlane(plane);
    parts.push(Uint8Array.of(kindOf(streams)));
    for (const stream of streamsOf(streams)) parts.push(number(stream.byteLength), stream);
  }
  parts.push(bytes.slice(wholeBytes));
  const result = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    result.set(part, offset);
    offset += part.byteLength;
    releaseBytes(part);
  }
  return result;
}

/** About how many bytes that would be, for a sample of a chunk. */
export function estimateGrouped(
  bytes: Uint8Array<ArrayBuffer>,
  width: GroupWidth,
  base?: Uint8Array<ArrayBuffer>,
): number {
  const wholeBytes = bytes.byteLength - (bytes.byteLength % width);
  const against =
    base && againstOf(base, wholeBytes, chooseThresholds(base, width, MIN_SAMPLE_CLASS_ELEMENTS));
  return splitElements(bytes.subarray(0, wholeBytes), width, against)
    .flat()
    .reduce((sum, plane) => sum + PLANE_BYTES + estimatePlane(plane), 0);
}

/** Fills `bytes`, which may be the base, with what was encoded. Throws CorruptEncodingError. */
export function decodeGrouped(
  stored: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
  base?: Uint8Array<ArrayBuffer>,
): void {
  const reader = new Reader(stored);
  const width = widthOf(reader.byte());
  const thresholds = [...reader.bytes(reader.byte())];
  if (thresholds.length >= MAX_CLASSES || (thresholds.length > 0 && (width === 8 || base === undefined)))
    throw new CorruptEncodingError("classes that there can't be");
  if (thresholds.some((threshold, index) => threshold < (thresholds[index - 1] ?? 0)))
    throw new CorruptEncodingError("classes in another order");
  const wholeBytes = bytes.byteLength - (bytes.byteLength % width);
  const against = base && againstOf(base, wholeBytes, thresholds);
  const sizes = thresholds.map(() => reader.number());
  sizes.push(wholeBytes / width - sizes.reduce((sum, size) => sum + size, 0));
  if (sizes.some((size) => size < 0)) throw new CorruptEncodingError("classes of too many elements");
  const planes = sizes.map((size) => Array.from({ length: width }, () => reader.plane(size)));
  const rest = reader.bytes(bytes.byteLength - wholeBytes);
  reader.end();
  const joined = joinElements(planes, bytes.subarray(0, wholeBytes), width, against);
  bytes.set(rest, wholeBytes);
  for (const plane of planes.flat())
    for (const stream of streamsOf(plane)) if (stream.buffer !== stored.buffer) releaseOwned(stream);
  if (joined.some((count, index) => count !== sizes[index]))
    throw new CorruptEncodingError("classes of other sizes than the base's");
}

/** The base as long as the elements: cut off, or continued with zeros. */
function againstOf(
  base: Uint8Array<ArrayBuffer>,
  wholeBytes: number,
  thresholds: readonly number[],
): Against {
  if (base.byteLength >= wholeBytes) return { base: base.subarray(0, wholeBytes), thresholds };
  const continued = new Uint8Array(wholeBytes);
  continued.set(base);
  return { base: continued, thresholds };
}

function streamsOf<Bytes extends Uint8Array>(plane: Plane<Bytes>): readonly Bytes[] {
  if (plane.kind === "zeros") return [];
  if (plane.kind === "whole") return [plane.bytes];
  return plane.high === undefined ? [plane.low] : [plane.low, plane.high];
}

function kindOf(plane: Plane): number {
  if (plane.kind !== "halves") return KINDS[plane.kind];
  return plane.high === undefined ? KINDS.low : KINDS.both;
}

function number(value: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(NUMBER_BYTES);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

function widthOf(byte: number): GroupWidth {
  if (byte === 2 || byte === 4 || byte === 8) return byte;
  throw new CorruptEncodingError("planes of an unknown width");
}

/** Throws CorruptEncodingError when something is not there. */
class Reader {
  readonly #stored: Uint8Array<ArrayBuffer>;
  #offset = 0;

  constructor(stored: Uint8Array<ArrayBuffer>) {
    this.#stored = stored;
  }

  byte(): number {
    return this.bytes(1)[0] ?? 0;
  }

  number(): number {
    const { buffer, byteOffset } = this.bytes(NUMBER_BYTES);
    return new DataView(buffer, byteOffset).getUint32(0, true);
  }

  bytes(length: number): Uint8Array<ArrayBuffer> {
    const bytes = this.#stored.subarray(this.#offset, this.#offset + length);
    if (bytes.byteLength !== length) throw new CorruptEncodingError("planes that end early");
    this.#offset += length;
    return bytes;
  }

  plane(size: number): Plane {
    const kind = this.byte();
    const half = Math.ceil(size / 2);
    if (kind === KINDS.zeros) return { kind: "zeros" };
    if (kind === KINDS.whole) return { kind: "whole", bytes: this.#stream(size) };
    if (kind === KINDS.low) return { kind: "halves", low: this.#stream(half), high: undefined };
    if (kind === KINDS.both) return { kind: "halves", low: this.#stream(half), high: this.#stream(half) };
    throw new CorruptEncodingError("a plane of an unknown kind");
  }

  end(): void {
    if (this.#offset !== this.#stored.byteLength)
      throw new CorruptEncodingError("bytes after the last plane");
  }

  #stream(size: number): Uint8Array<ArrayBuffer> {
    const length = this.number();
    if (length > size) throw new CorruptEncodingError("a plane is too long");
    const stream = this.bytes(length);
    return length === size ? stream : decompress(stream, size);
  }
}
