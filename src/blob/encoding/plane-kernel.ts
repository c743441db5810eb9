/*
 * The inner loops that put planes together: 16 elements at a time with 128-bit instructions, which JavaScript does not
 * have. The WebAssembly module is assembled here, since it is a kilobyte and needs no tools to be built so. Its memory holds a tile of
 * each plane and of the elements, so small that both stay in the processor's cache.
 */

/** Elements of a tile: as many bytes of each plane. */
export const TILE_ELEMENTS = 16 * 1024;
/** Elements of one turn of the loops. */
export const TURN_ELEMENTS = 16;

const MAX_WIDTH = 4;
/** Where a tile of elements begins in the memory; the tiles of planes lie before it, one after the other. */
const ELEMENTS_OFFSET = MAX_WIDTH * TILE_ELEMENTS;
const PAGE_BYTES = 64 * 1024;
const PAGES = (ELEMENTS_OFFSET + MAX_WIDTH * TILE_ELEMENTS) / PAGE_BYTES;

/** One per thread. */
export interface PlaneKernel {
  /** Tiles of as many planes as an element has bytes. */
  readonly planes: readonly Uint8Array<ArrayBuffer>[];
  readonly elements: Uint8Array<ArrayBuffer>;
  /** Puts so many turns of planes together: `elements` has them afterwards. */
  readonly join: Record<2 | 4, (turns: number) => void>;
  /** The same with folded differences, which are added to what `elements` has. */
  readonly add: Record<2 | 4, (turns: number) => void>;
}

let kernel: PlaneKernel | "none" | undefined;

/**
 * What it holds is of no use to whoever comes next. Undefined where the processor or the engine has no such instructions:
 * what is stored must be readable there too.
 */
export function planeKernel(): PlaneKernel | undefined {
  try {
    kernel ??= createKernel();
  } catch {
    kernel = "none";
  }
  return kernel === "none" ? undefined : kernel;
}

function createKernel(): PlaneKernel {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assembleModule()));
  const { memory, join2, join4, add2, add4 } = exports as Record<string, (turns: number) => void> & {
    memory: WebAssembly.Memory;
  };
  if (join2 === undefined || join4 === undefined || add2 === undefined || add4 === undefined)
    throw new Error("the module exports other functions");
  const { buffer } = memory;
  return {
    planes: Array.from(
      { length: MAX_WIDTH },
      (_, index) => new Uint8Array(buffer, index * TILE_ELEMENTS, TILE_ELEMENTS),
    ),
    elements: new Uint8Array(buffer, ELEMENTS_OFFSET, MAX_WIDTH * TILE_ELEMENTS),
    join: { 2: join2, 4: join4 },
    add: { 2: add2, 4: add4 },
  };
}

/** A binary of the WebAssembly Core Specification 2.0: a memory, and functions from a count of turns to nothing. */
function assembleModule(): Uint8Array<ArrayBuffer> {
  const functions = [
    ["join2", loop(2, false)],
    ["join4", loop(4, false)],
    ["add2", loop(2, true)],
    ["add4", loop(4, true)],
  ] as const;
  const exported = functions.map(([name], index) => [...text(name), 0x00, index]);
  const types = [[0x60, 1, I32, 0]];
  const bodies = functions.map(([, body]) => sized(body));
  return Uint8Array.from(
    [
      [0x00, ...Buffer.from("asm"), 0x01, 0x00, 0x00, 0x00],
      section(1, types),
      section(
        3,
        functions.map(() => [0]),
      ),
      section(5, [[0x01, PAGES, PAGES]]),
      section(7, [[...text("memory"), 0x02, 0], ...exported]),
      section(10, bodies),
    ].flat(),
  );
}

const I32 = 0x7f;
const V128 = 0x7b;

/** Locals: first the one that is given, then two integers, then vectors. */
const TURNS = 0;
const PLANE_AT = 1;
const ELEMENT_AT = 2;
const [A, B, C, D, FOLDED, ONE] = [3, 4, 5, 6, 7, 8] as const;

/** The body of a function. Lanes are of `width` bytes, little-endian as elements are. */
function loop(width: 2 | 4, adds: boolean): number[] {
  const plane = (index: number) => [...get(PLANE_AT), ...load(index * TILE_ELEMENTS)];
  const put = (value: number[], index: number) => {
    const offset = ELEMENTS_OFFSET + 16 * index;
    const sum = adds
      ? [...value, ...unfold(width), ...get(ELEMENT_AT), ...load(offset), ...ADD[width]]
      : value;
    return [...get(ELEMENT_AT), ...sum, ...store(offset)];
  };
  const pairs = (first: number, half: 0 | 1) => [
    ...plane(first),
    ...plane(first + 1),
    ...interleave(1, half),
  ];
  const turn =
    width === 2
      ? [put(pairs(0, 0), 0), put(pairs(0, 1), 1)]
      : [
          [...pairs(0, 0), ...set(A), ...pairs(0, 1), ...set(B)],
          [...pairs(2, 0), ...set(C), ...pairs(2, 1), ...set(D)],
          put([...get(A), ...get(C), ...interleave(2, 0)], 0),
          put([...get(A), ...get(C), ...interleave(2, 1)], 1),
          put([...get(B), ...get(D), ...interleave(2, 0)], 2),
          put([...get(B), ...get(D), ...interleave(2, 1)], 3),
        ];
  return [
    [2, 2, I32, 6, V128],
    [...constant(1), ...SPLAT[width], ...set(ONE)],
    LOOP,
    ...turn,
    [...get(PLANE_AT), ...constant(TURN_ELEMENTS), I32_ADD, ...set(PLANE_AT)],
    [...get(ELEMENT_AT), ...constant(TURN_ELEMENTS * width), I32_ADD, ...set(ELEMENT_AT)],
    [...get(TURNS), ...constant(1), I32_SUB, ...tee(TURNS), ...AGAIN_UNLESS_0, END],
    [END],
  ].flat();
}

/** The vector on the stack, unfolded: w becomes (w >>> 1) ^ -(w & 1). */
function unfold(width: 2 | 4): number[] {
  const sign = [...get(FOLDED), ...get(ONE), ...V128_AND, ...NEG[width]];
  return [...tee(FOLDED), ...constant(1), ...SHR_U[width], ...sign, ...V128_XOR];
}

/** Takes pieces of so many bytes from two vectors by turns: from their lower or upper halves (i8x16.shuffle). */
function interleave(pieceBytes: 1 | 2, half: 0 | 1): number[] {
  const lanes = Array.from({ length: 16 }, (_, lane) => {
    const piece = Math.floor(lane / pieceBytes);
    return (piece % 2) * 16 + half * 8 + Math.floor(piece / 2) * pieceBytes + (lane % pieceBytes);
  });
  return [...vector(0x0d), ...lanes];
}

/** Of a loop that takes and leaves nothing on the stack. */
const LOOP = [0x03, 0x40];
/** To the begin of the loop. */
const AGAIN_UNLESS_0 = [0x0d, 0];
const END = 0x0b;
const I32_ADD = 0x6a;
const I32_SUB = 0x6b;
const V128_AND = vector(0x4e);
const V128_XOR = vector(0x51);
const SPLAT = { 2: vector(0x10), 4: vector(0x11) };
const SHR_U = { 2: vector(0x8d), 4: vector(0xad) };
const NEG = { 2: vector(0x81), 4: vector(0xa1) };
const ADD = { 2: vector(0x8e), 4: vector(0xae) };

function vector(instruction: number): number[] {
  return [0xfd, ...unsigned(instruction)];
}

/** Neither address need be a multiple of anything. */
function load(offset: number): number[] {
  return [...vector(0x00), 0, ...unsigned(offset)];
}

function store(offset: number): number[] {
  return [...vector(0x0b), 0, ...unsigned(offset)];
}

function get(local: number): number[] {
  return [0x20, local];
}

function set(local: number): number[] {
  return [0x21, local];
}

function tee(local: number): number[] {
  return [0x22, local];
}

/** A number with a sign: in one byte below 64. */
function constant(value: number): number[] {
  return value < 64 ? [0x41, value] : [0x41, (value & 0x7f) | 0x80, value >>> 7];
}

function section(id: number, items: readonly number[][]): number[] {
  return [id, ...sized([items.length, ...items.flat()])];
}

function text(name: string): number[] {
  return sized([...Buffer.from(name)]);
}

function sized(bytes: number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
