/*
 * The inner loops that sort elements into planes and put them together: 16 bytes at a time with 128-bit instructions, which
 * JavaScript does not have. The memory of the module holds a tile of everything, so small that it stays in the processor's cache.
 */
import {
  count,
  gather,
  HALVES_TURN,
  join,
  narrow,
  type Places,
  spread,
  split,
  VECTOR_BYTES,
  type VectorWidth,
  widen,
} from "./plane-loops.ts";
import { instantiate, PAGE_BYTES } from "./wasm.ts";

/** Elements of a tile: as many bytes of each plane. */
export const TILE_ELEMENTS = 64 * 1024;
/** Elements come so many at a time. */
export const GROUP_ELEMENTS = 16;
export const MAX_CLASSES = 3;

/** What classes are apart in the memory, since a turn writes whole vectors: in elements. */
const GAP_ELEMENTS = HALVES_TURN;
const MAX_WIDTH = 4;
const ORDERED_ELEMENTS = TILE_ELEMENTS + 2 * GAP_ELEMENTS * (MAX_CLASSES + 1);
const TABLE_ENTRIES = 256;
const FIXED_BYTES = 16 * 1024;

const gather2 = 0;
const spread2 = gather2 + TABLE_ENTRIES * VECTOR_BYTES;
const gather4 = spread2 + TABLE_ENTRIES * VECTOR_BYTES;
const spread4 = gather4 + VECTOR_BYTES * VECTOR_BYTES;
const thresholds = spread4 + VECTOR_BYTES * VECTOR_BYTES;
const counts = thresholds + MAX_CLASSES * VECTOR_BYTES;
const base = FIXED_BYTES;
const ordered = base + TILE_ELEMENTS * MAX_WIDTH;
const planes = ordered + ORDERED_ELEMENTS * MAX_WIDTH;
const halves = planes + ORDERED_ELEMENTS * MAX_WIDTH;
const HALF_STRIDE = TILE_ELEMENTS / 2 + 2 * HALVES_TURN;
const PAGES = Math.ceil((halves + 2 * HALF_STRIDE) / PAGE_BYTES);

const places: Places = {
  gather: { 2: gather2, 4: gather4 },
  spread: { 2: spread2, 4: spread4 },
  thresholds,
  counts,
  base,
  // What goes in is read before planes are written.
  input: planes,
  ordered,
  planes,
  planeStride: ORDERED_ELEMENTS,
};

/** One per thread: a tile, in several forms. What it holds is of no use to whoever comes next. */
export class PlaneKernel {
  /** Elements of the base; those that were put together, afterwards. */
  readonly base: Uint8Array<ArrayBuffer>;
  readonly input: Uint8Array<ArrayBuffer>;
  /** Elements sorted by class. */
  readonly ordered: Uint8Array<ArrayBuffer>;
  readonly planes: readonly Uint8Array<ArrayBuffer>[];
  readonly lowHalves: Uint8Array<ArrayBuffer>;
  readonly highHalves: Uint8Array<ArrayBuffer>;
  readonly #thresholds: Uint32Array<ArrayBuffer>;
  readonly #counts: Readonly<Record<VectorWidth, Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>>;
  readonly #call: Record<string, (...values: number[]) => number>;

  constructor() {
    const { buffer, call } = instantiate(allLoops(), PAGES);
    this.#call = call;
    this.base = new Uint8Array(buffer, base, TILE_ELEMENTS * MAX_WIDTH);
    this.ordered = new Uint8Array(buffer, ordered, ORDERED_ELEMENTS * MAX_WIDTH);
    this.input = new Uint8Array(buffer, places.input, TILE_ELEMENTS * MAX_WIDTH);
    this.planes = Array.from(
      { length: MAX_WIDTH },
      (_, index) => new Uint8Array(buffer, planes + index * ORDERED_ELEMENTS, ORDERED_ELEMENTS),
    );
    this.lowHalves = new Uint8Array(buffer, halves, HALF_STRIDE);
    this.highHalves = new Uint8Array(buffer, halves + HALF_STRIDE, HALF_STRIDE);
    this.#thresholds = new Uint32Array(buffer, thresholds, MAX_CLASSES * 4);
    // A tile has fewer elements for each lane than 16 bits can count.
    this.#counts = {
      2: new Uint16Array(buffer, counts, MAX_CLASSES * 8),
      4: new Uint32Array(buffer, counts, MAX_CLASSES * 4),
    };
    for (const width of [2, 4] as const) fillTables(buffer, width);
  }

  setThresholds(width: VectorWidth, values: readonly number[]): void {
    for (const [index, value] of values.entries()) {
      const lane = width === 4 ? value << 24 : (value << 24) | (value << 8);
      this.#thresholds.fill(lane, index * 4, index * 4 + 4);
    }
  }

  /** How many of the first elements of the base are in each class. */
  count(width: VectorWidth, classes: number, elements: number): readonly number[] {
    if (classes > 1) this.#run(`count${width}${classes - 1}`, turnsOf(elements, width));
    const lanes = VECTOR_BYTES / width;
    const reaching = [elements];
    for (let index = 0; index < classes - 1; index += 1) {
      let sum = 0;
      for (let lane = 0; lane < lanes; lane += 1) sum += this.#counts[width][index * lanes + lane] ?? 0;
      reaching.push(sum);
    }
    return Array.from({ length: classes }, (_, index) => (reaching[index] ?? 0) - (reaching[index + 1] ?? 0));
  }

  /** Makes differences of the input to the base, sorted by class to the given places (in elements). */
  gather(width: VectorWidth, elements: number, begins: readonly number[]): void {
    this.#run(`gather${width}${begins.length}`, turnsOf(elements, width), ...pointers(begins, width));
  }

  /** Adds sorted differences to the base. */
  spread(width: VectorWidth, elements: number, begins: readonly number[]): void {
    this.#run(`spread${width}${begins.length}`, turnsOf(elements, width), ...pointers(begins, width));
  }

  /** Sorted elements into planes, and back; `rotates` makes the highest bit of each the lowest meanwhile. */
  split(width: VectorWidth, elements: number, rotates = false): void {
    this.#run(`split${rotates ? "Rotated" : ""}${width}`, Math.ceil(elements / GROUP_ELEMENTS));
  }

  join(width: VectorWidth, elements: number, rotates = false): void {
    this.#run(`join${rotates ? "Rotated" : ""}${width}`, Math.ceil(elements / GROUP_ELEMENTS));
  }

  /** Cuts bytes of the first plane into halves, and the other way round: to that place of a plane, and up to 31 bytes more. */
  narrow(bytes: number): void {
    this.#run("narrow", Math.ceil(bytes / HALVES_TURN), planes, halves, halves + HALF_STRIDE);
  }

  widen(plane: number, offset: number, bytes: number): void {
    const at = planes + plane * ORDERED_ELEMENTS + offset;
    this.#run("widen", Math.ceil(bytes / HALVES_TURN), at, halves, halves + HALF_STRIDE);
  }

  #run(name: string, turns: number, ...values: number[]): void {
    if (turns > 0) this.#call[name]?.(turns, ...values);
  }
}

let kernel: PlaneKernel | "none" | undefined;

/**
 * Undefined where the processor or the engine has no such instructions: what is stored must be readable there too.
 */
export function planeKernel(): PlaneKernel | undefined {
  try {
    kernel ??= new PlaneKernel();
  } catch {
    kernel = "none";
  }
  return kernel === "none" ? undefined : kernel;
}

/** Where each class of a tile begins, in elements: apart from each other. */
export function placesOf(sizes: readonly number[]): {
  readonly begins: readonly number[];
  readonly end: number;
} {
  const begins: number[] = [];
  let end = GAP_ELEMENTS;
  for (const size of sizes) {
    begins.push(end);
    end = (Math.ceil((end + size) / GAP_ELEMENTS) + 1) * GAP_ELEMENTS;
  }
  return { begins, end };
}

function turnsOf(elements: number, width: VectorWidth): number {
  return (elements * width) / VECTOR_BYTES;
}

function pointers(begins: readonly number[], width: VectorWidth): readonly number[] {
  return begins.map((begin) => ordered + begin * width);
}

function allLoops() {
  const classes = Array.from({ length: MAX_CLASSES }, (_, index) => index + 1);
  const loops = ([2, 4] as const).flatMap((width) => [
    ...classes.flatMap((many) => [gather(width, many, places), spread(width, many, places)]),
    ...classes.slice(0, -1).map((many) => count(width, many, places)),
    ...[false, true].flatMap((rotates) => [split(width, rotates, places), join(width, rotates, places)]),
  ]);
  return [...loops, narrow(), widen()];
}

/** For each set of elements of a vector: the bytes of those that belong to it come first, or go from there to their places. */
function fillTables(buffer: ArrayBuffer, width: VectorWidth): void {
  const elements = VECTOR_BYTES / width;
  for (let mask = 0; mask < 2 ** elements; mask += 1) {
    const gathered = new Uint8Array(buffer, places.gather[width] + mask * VECTOR_BYTES, VECTOR_BYTES).fill(
      0xff,
    );
    const spreaded = new Uint8Array(buffer, places.spread[width] + mask * VECTOR_BYTES, VECTOR_BYTES).fill(
      0xff,
    );
    let rank = 0;
    for (let element = 0; element < elements; element += 1) {
      if ((mask & (1 << element)) === 0) continue;
      for (let byte = 0; byte < width; byte += 1) {
        gathered[rank * width + byte] = element * width + byte;
        spreaded[element * width + byte] = rank * width + byte;
      }
      rank += 1;
    }
  }
}
