import { type GroupWidth } from "./difference.ts";
import { type Against, classOf, type Plane, type Progress } from "./elements.ts";
import { GROUP_ELEMENTS, planeKernel, type PlaneKernel, placesOf, TILE_ELEMENTS } from "./plane-kernel.ts";
import { joinPlainly, splitPlainly } from "./plain-planes.ts";

/** How many elements are in each class. */
function classSizes(elements: number, width: GroupWidth, against: Against | undefined): readonly number[] {
  if (against === undefined || against.thresholds.length === 0) return [elements];
  const { base, thresholds } = against;
  const sizes = [0, ...thresholds.map(() => 0)];
  const kernel = width === 8 ? undefined : planeKernel();
  let done = 0;
  if (kernel !== undefined && width !== 8) {
    kernel.setThresholds(width, thresholds);
    for (const [begin, end] of tilesOf(elements)) {
      kernel.base.set(base.subarray(begin * width, end * width));
      for (const [index, count] of kernel.count(width, sizes.length, end - begin).entries())
        sizes[index] = (sizes[index] ?? 0) + count;
      done = end;
    }
  }
  for (let element = done; element < elements; element += 1) {
    const index = classOf(against, element, width);
    sizes[index] = (sizes[index] ?? 0) + 1;
  }
  return sizes;
}

/** Sorts whole elements into the planes of each class. */
export function splitElements(
  bytes: Uint8Array<ArrayBuffer>,
  width: GroupWidth,
  against: Against | undefined,
): readonly (readonly Uint8Array<ArrayBuffer>[])[] {
  const elements = bytes.byteLength / width;
  const sizes = classSizes(elements, width, against);
  const planes = sizes.map((size) => Array.from({ length: width }, () => new Uint8Array(size)));
  const kernel = width === 8 ? undefined : planeKernel();
  const done =
    kernel === undefined || width === 8 ? start(sizes) : splitTiles(kernel, bytes, width, against, planes);
  splitPlainly(bytes, width, against, planes, done);
  return planes;
}

/** The inverse of splitElements: fills `bytes`, which may be the base. Returns how many elements each class has. */
export function joinElements(
  planes: readonly (readonly Plane[])[],
  bytes: Uint8Array<ArrayBuffer>,
  width: GroupWidth,
  against: Against | undefined,
): readonly number[] {
  const kernel = width === 8 ? undefined : planeKernel();
  const done =
    kernel === undefined || width === 8 ? start(planes) : joinTiles(kernel, planes, bytes, width, against);
  return joinPlainly(planes, bytes, width, against, done);
}

function start(classes: readonly unknown[]): Progress {
  return { elements: 0, ofClass: classes.map(() => 0) };
}

/** Begin and end of each tile, as far as the kernel can take elements. */
function* tilesOf(elements: number): Generator<readonly [begin: number, end: number]> {
  const whole = elements - (elements % GROUP_ELEMENTS);
  for (let begin = 0; begin < whole; begin += TILE_ELEMENTS)
    yield [begin, Math.min(begin + TILE_ELEMENTS, whole)];
}

function splitTiles(
  kernel: PlaneKernel,
  bytes: Uint8Array<ArrayBuffer>,
  width: 2 | 4,
  against: Against | undefined,
  planes: readonly (readonly Uint8Array<ArrayBuffer>[])[],
): Progress {
  const ofClass = planes.map(() => 0);
  let done = 0;
  kernel.setThresholds(width, against?.thresholds ?? []);
  for (const [begin, end] of tilesOf(bytes.byteLength / width)) {
    const input = bytes.subarray(begin * width, end * width);
    let counts: readonly number[] = [end - begin];
    let begins: readonly number[] = [0];
    if (against === undefined) {
      kernel.ordered.set(input);
      kernel.split(width, end - begin, true);
    } else {
      kernel.base.set(against.base.subarray(begin * width, end * width));
      kernel.input.set(input);
      counts = kernel.count(width, planes.length, end - begin);
      const places = placesOf(counts);
      begins = places.begins;
      kernel.gather(width, end - begin, begins);
      kernel.split(width, places.end);
    }
    for (const [index, count] of counts.entries()) {
      const [from, to] = [begins[index] ?? 0, ofClass[index] ?? 0];
      for (const [plane, target] of (planes[index] ?? []).entries())
        target.set(kernel.planes[plane]?.subarray(from, from + count) ?? NO_BYTES, to);
      ofClass[index] = to + count;
    }
    done = end;
  }
  return { elements: done, ofClass };
}

function joinTiles(
  kernel: PlaneKernel,
  planes: readonly (readonly Plane[])[],
  bytes: Uint8Array<ArrayBuffer>,
  width: 2 | 4,
  against: Against | undefined,
): Progress {
  const ofClass = planes.map(() => 0);
  let done = 0;
  kernel.setThresholds(width, against?.thresholds ?? []);
  for (const [begin, end] of tilesOf(bytes.byteLength / width)) {
    const elements = end - begin;
    if (against !== undefined) kernel.base.set(against.base.subarray(begin * width, end * width));
    const counts = kernel.count(width, planes.length, elements);
    const { begins, end: span } = placesOf(counts);
    for (const [index, count] of counts.entries()) {
      const from = ofClass[index] ?? 0;
      for (const [number, plane] of (planes[index] ?? []).entries())
        loadPlane(kernel, number, plane, from, count, begins[index] ?? 0);
      ofClass[index] = from + count;
    }
    kernel.join(width, span, against === undefined);
    if (against !== undefined) kernel.spread(width, elements, begins);
    const [first = 0] = begins;
    const made =
      against === undefined
        ? kernel.ordered.subarray(first * width, (first + elements) * width)
        : kernel.base.subarray(0, elements * width);
    bytes.set(made, begin * width);
    done = end;
  }
  return { elements: done, ofClass };
}

/** Puts `count` bytes of a plane, from `from` on, into a tile's plane. */
function loadPlane(
  kernel: PlaneKernel,
  number: number,
  plane: Plane,
  from: number,
  count: number,
  at: number,
): void {
  if (count === 0) return;
  if (plane.kind === "zeros") kernel.planes[number]?.fill(0, at, at + count);
  else if (plane.kind === "whole") kernel.planes[number]?.set(plane.bytes.subarray(from, from + count), at);
  else {
    // A byte of halves that belongs to the elements before, too, is read again; what it gives there is in a gap.
    const extra = from % 2;
    const begin = (from - extra) / 2;
    const end = begin + Math.ceil((count + extra) / 2);
    kernel.lowHalves.set(plane.low.subarray(begin, end));
    if (plane.high === undefined) kernel.highHalves.fill(0, 0, end - begin);
    else kernel.highHalves.set(plane.high.subarray(begin, end));
    kernel.widen(number, at - extra, count + extra);
  }
}

/** Cuts a plane into halves: each has one byte for two. */
export function cutPlane(bytes: Uint8Array<ArrayBuffer>) {
  const sizeBytes = Math.ceil(bytes.byteLength / 2);
  const [low, high] = [new Uint8Array(sizeBytes), new Uint8Array(sizeBytes)];
  const kernel = planeKernel();
  const whole = kernel === undefined ? 0 : bytes.byteLength - (bytes.byteLength % 2);
  for (let begin = 0; kernel !== undefined && begin < whole; begin += TILE_ELEMENTS) {
    const end = Math.min(begin + TILE_ELEMENTS, whole);
    kernel.planes[0]?.set(bytes.subarray(begin, end));
    kernel.narrow(end - begin);
    low.set(kernel.lowHalves.subarray(0, (end - begin) / 2), begin / 2);
    high.set(kernel.highHalves.subarray(0, (end - begin) / 2), begin / 2);
  }
  for (let index = whole; index < bytes.byteLength; index += 1) {
    const byte = bytes[index] ?? 0;
    const shift = (index % 2) * 4;
    low[index >>> 1] = (low[index >>> 1] ?? 0) | ((byte & 0x0f) << shift);
    high[index >>> 1] = (high[index >>> 1] ?? 0) | ((byte >>> 4) << shift);
  }
  return { low, high };
}

/** Stands for a plane that there is not: for the compiler only. */
const NO_BYTES = new Uint8Array(0);
