/*
 * The loops of plane-kernel.ts over vectors of 128 bits. Elements have `width` bytes, little-endian, so that a vector has 8 or
 * 4 of them.
 */
import {
  advance,
  AGAIN_UNLESS_0,
  constant,
  END,
  get,
  I32_ADD,
  I32_POPCNT,
  I32_SHL,
  I32_SUB,
  I32_XOR,
  loadVector,
  LOOP,
  set,
  storeVector,
  tee,
  vector,
  type Code,
  type WasmFunction,
} from "./wasm.ts";

export type VectorWidth = 2 | 4;

/** Where everything is in the memory. */
export interface Places {
  /** For each mask of the elements of a vector, which byte goes where. */
  readonly gather: Readonly<Record<VectorWidth, number>>;
  readonly spread: Readonly<Record<VectorWidth, number>>;
  /** Vectors of the thresholds, as they are compared. */
  readonly thresholds: number;
  /** Vectors of how many elements reach each threshold. */
  readonly counts: number;
  readonly base: number;
  readonly input: number;
  readonly ordered: number;
  readonly planes: number;
  readonly planeStride: number;
}

export const VECTOR_BYTES = 16;
/** Elements of a turn of `split` and `join`: a vector of each plane. */
export const PLANE_TURN = 16;
/** Bytes of a plane of a turn of `narrow` and `widen`. */
export const HALVES_TURN = 32;

/** Turns of a vector of the base: how many elements reach each of so many thresholds, in each lane. */
export function count(width: VectorWidth, thresholds: number, at: Places): WasmFunction {
  const [TURNS, AT, KEY] = [0, 1, 2];
  const indexes = Array.from({ length: thresholds }, (_, index) => index);
  const sum = (index: number) => KEY + 1 + index;
  const threshold = (index: number) => sum(thresholds) + index;
  const offset = (index: number) => index * VECTOR_BYTES;
  const body = [
    indexes.map((index) => [constant(0), loadVector(at.thresholds + offset(index)), set(threshold(index))]),
    [LOOP, get(AT), loadVector(at.base), constant(1), SHL[width], set(KEY)],
    // A lane that holds is -1.
    indexes.map((index) => [
      [get(sum(index)), get(KEY), get(threshold(index)), GE_U[width], SUB[width], set(sum(index))],
    ]),
    [advance(AT, VECTOR_BYTES), again(TURNS)],
    indexes.map((index) => [constant(0), get(sum(index)), storeVector(at.counts + offset(index))]),
  ];
  const locals = { i32: 1, v128: 1 + 2 * thresholds };
  return { name: `count${width}${thresholds}`, parameters: 1, hasResult: false, locals, body };
}

/**
 * Turns of a vector: folded differences of the input to the base, those of each class one after the other, from where the
 * parameters after the first say.
 */
export function gather(width: VectorWidth, classes: number, at: Places): WasmFunction {
  return overClasses("gather", width, classes, at, ({ AT, VALUE, mask, pointer }) => ({
    before: [
      [get(AT), loadVector(at.input), get(AT), loadVector(at.base), SUB[width], tee(VALUE)],
      [constant(1), SHL[width], get(VALUE), constant(width * 8 - 1), SHR_S[width], V128_XOR, set(VALUE)],
    ],
    each: (index) =>
      classes === 1
        ? [get(pointer(0)), get(VALUE), storeVector()]
        : [
            get(pointer(index)),
            get(VALUE),
            mask(index),
            loadVector(at.gather[width]),
            SWIZZLE,
            storeVector(),
          ],
    after: [],
  }));
}

/** The inverse: adds the differences to the base, in its place. */
export function spread(width: VectorWidth, classes: number, at: Places): WasmFunction {
  return overClasses("spread", width, classes, at, ({ AT, VALUE, BASE, ONE, mask, pointer }) => ({
    before: [],
    each: (index) =>
      classes === 1
        ? [get(pointer(0)), loadVector(), set(VALUE)]
        : [
            [get(pointer(index)), loadVector(), mask(index), loadVector(at.spread[width]), SWIZZLE],
            [index === 0 ? [] : [get(VALUE), V128_OR], set(VALUE)],
          ],
    after: [
      [get(AT), get(VALUE), constant(1), SHR_U[width], get(VALUE), get(ONE), V128_AND, NEG[width], V128_XOR],
      [get(BASE), ADD[width], storeVector(at.base)],
    ],
  }));
}

interface ClassLocals {
  readonly AT: number;
  readonly VALUE: number;
  readonly BASE: number;
  readonly ONE: number;
  /** Leaves the place of the entry for the mask of a class. */
  readonly mask: (index: number) => Code;
  readonly pointer: (index: number) => number;
}

function overClasses(
  name: string,
  width: VectorWidth,
  classes: number,
  at: Places,
  parts: (locals: ClassLocals) => { before: Code; each: (index: number) => Code; after: Code },
): WasmFunction {
  const [TURNS, AT] = [0, 1 + classes];
  const pointer = (index: number) => 1 + index;
  const MASKS = AT + 1;
  const [VALUE, BASE, ONE, KEY, THRESHOLDS] = [0, 1, 2, 3, 4].map((index) => MASKS + classes + index) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const mask = (index: number): Code => [get(MASKS + index), constant(4), I32_SHL];
  const { before, each, after } = parts({ AT, VALUE, BASE, ONE, mask, pointer });
  const all = 2 ** (VECTOR_BYTES / width) - 1;
  const indexes = Array.from({ length: classes }, (_, index) => index);
  // Who reaches a threshold reaches those before it, so that a class is the difference of two masks.
  const reaches = indexes.slice(1).map((index) => [
    [get(KEY), get(THRESHOLDS + index - 1), GE_U[width], BITMASK[width], tee(MASKS + index)],
    [get(MASKS + index - 1), I32_XOR, set(MASKS + index - 1)],
  ]);
  const body = [
    [constant(1), SPLAT[width], set(ONE)],
    indexes
      .slice(1)
      .map((index) => [
        [constant(0), loadVector(at.thresholds + (index - 1) * VECTOR_BYTES), set(THRESHOLDS + index - 1)],
      ]),
    [LOOP, get(AT), loadVector(at.base), tee(BASE), constant(1), SHL[width], set(KEY)],
    [constant(all), set(MASKS), reaches, before],
    indexes.map((index) => [
      each(index),
      classes === 1
        ? advance(pointer(0), VECTOR_BYTES)
        : [
            [get(MASKS + index), I32_POPCNT, constant(width / 2), I32_SHL, get(pointer(index)), I32_ADD],
            set(pointer(index)),
          ],
    ]),
    [after, advance(AT, VECTOR_BYTES), again(TURNS)],
  ];
  const locals = { i32: 1 + classes, v128: 3 + classes };
  return { name: `${name}${width}${classes}`, parameters: 1 + classes, hasResult: false, locals, body };
}

/** Turns of 16 elements: ordered elements into planes; with the highest bit made the lowest before, if so wanted. */
export function split(width: VectorWidth, rotates: boolean, at: Places): WasmFunction {
  const [TURNS, PLANE_AT, ELEMENT_AT, A, B, C, D] = [0, 1, 2, 3, 4, 5, 6];
  const X = 7;
  const element = (index: number): Code => [
    [get(ELEMENT_AT), loadVector(at.ordered + index * VECTOR_BYTES)],
    rotates ? [tee(X), constant(1), SHL[width], get(X), constant(width * 8 - 1), SHR_U[width], V128_OR] : [],
  ];
  const put = (index: number, value: Code): Code => [
    get(PLANE_AT),
    value,
    storeVector(at.planes + index * at.planeStride),
  ];
  const two = (a: number, b: number, first: number): Code => [
    put(first, [get(a), get(b), pick(1, 0)]),
    put(first + 1, [get(a), get(b), pick(1, 1)]),
  ];
  const load4 = [
    [element(0), set(A), element(1), set(B), element(2), set(C), element(3), set(D)],
    [get(A), get(B), pick(2, 1), get(A), get(B), pick(2, 0), set(A), set(B)],
    [get(C), get(D), pick(2, 1), get(C), get(D), pick(2, 0), set(C), set(D)],
  ];
  const turn =
    width === 2
      ? [element(0), set(A), element(1), set(B), two(A, B, 0)]
      : [load4, two(A, C, 0), two(B, D, 2)];
  const body = [
    [LOOP, turn, advance(PLANE_AT, PLANE_TURN), advance(ELEMENT_AT, PLANE_TURN * width)],
    again(TURNS),
  ];
  const name = `split${rotates ? "Rotated" : ""}${width}`;
  return { name, parameters: 1, hasResult: false, locals: { i32: 2, v128: 5 }, body };
}

/** The inverse of `split`. */
export function join(width: VectorWidth, rotates: boolean, at: Places): WasmFunction {
  const [TURNS, PLANE_AT, ELEMENT_AT, A, B, C, D, X] = [0, 1, 2, 3, 4, 5, 6, 7];
  const put = (index: number, value: Code): Code => [
    [get(ELEMENT_AT), value],
    rotates ? [tee(X), constant(1), SHR_U[width], get(X), constant(width * 8 - 1), SHL[width], V128_OR] : [],
    storeVector(at.ordered + index * VECTOR_BYTES),
  ];
  const plane = (index: number): Code => [get(PLANE_AT), loadVector(at.planes + index * at.planeStride)];
  const pairs = (first: number, half: 0 | 1): Code => [plane(first), plane(first + 1), interleave(1, half)];
  const turn =
    width === 2
      ? [put(0, pairs(0, 0)), put(1, pairs(0, 1))]
      : [
          [pairs(0, 0), set(A), pairs(0, 1), set(B), pairs(2, 0), set(C), pairs(2, 1), set(D)],
          put(0, [get(A), get(C), interleave(2, 0)]),
          put(1, [get(A), get(C), interleave(2, 1)]),
          put(2, [get(B), get(D), interleave(2, 0)]),
          put(3, [get(B), get(D), interleave(2, 1)]),
        ];
  const body = [
    [LOOP, turn, advance(PLANE_AT, PLANE_TURN), advance(ELEMENT_AT, PLANE_TURN * width)],
    again(TURNS),
  ];
  const name = `join${rotates ? "Rotated" : ""}${width}`;
  return { name, parameters: 1, hasResult: false, locals: { i32: 2, v128: 5 }, body };
}

/** Turns of 32 bytes at the second parameter: their lower halves to the third, and their upper halves to the fourth. */
export function narrow(): WasmFunction {
  const [TURNS, PLANE_AT, LOW_AT, HIGH_AT, FOURS, ONES] = [0, 1, 2, 3, 4, 5];
  const half = (offset: number, shift: number): Code => [
    [get(PLANE_AT), loadVector(offset), constant(shift), SHR_U[2], get(FOURS), V128_AND],
    [tee(ONES), get(ONES), constant(4), SHR_U[2], V128_OR, constant(0xff), SPLAT[2], V128_AND],
  ];
  const body = [
    [constant(0x0f), I8X16_SPLAT, set(FOURS), LOOP],
    [get(LOW_AT), half(0, 0), half(VECTOR_BYTES, 0), NARROW, storeVector()],
    [get(HIGH_AT), half(0, 4), half(VECTOR_BYTES, 4), NARROW, storeVector()],
    [advance(PLANE_AT, HALVES_TURN), advance(LOW_AT, VECTOR_BYTES), advance(HIGH_AT, VECTOR_BYTES)],
    again(TURNS),
  ];
  return { name: "narrow", parameters: 4, hasResult: false, locals: { v128: 2 }, body };
}

/** The inverse of `narrow`, with the same parameters. */
export function widen(): WasmFunction {
  const [TURNS, PLANE_AT, LOW_AT, HIGH_AT, FOURS, X] = [0, 1, 2, 3, 4, 5];
  const half = (local: number, extend: Code): Code => [
    [get(local), loadVector(), extend, tee(X), get(X), constant(4), SHL[2], V128_OR, get(FOURS), V128_AND],
  ];
  const both = (offset: number, extend: Code): Code => [
    [get(PLANE_AT), half(LOW_AT, extend), half(HIGH_AT, extend), constant(4), SHL[2], V128_OR],
    storeVector(offset),
  ];
  const body = [
    [constant(0x0f), I8X16_SPLAT, set(FOURS), LOOP],
    [both(0, EXTEND_LOW), both(VECTOR_BYTES, EXTEND_HIGH)],
    [advance(PLANE_AT, HALVES_TURN), advance(LOW_AT, VECTOR_BYTES), advance(HIGH_AT, VECTOR_BYTES)],
    again(TURNS),
  ];
  return { name: "widen", parameters: 4, hasResult: false, locals: { v128: 2 }, body };
}

function again(turns: number): Code {
  return [get(turns), constant(1), I32_SUB, tee(turns), AGAIN_UNLESS_0, END];
}

/** Takes pieces of so many bytes from two vectors by turns: from their lower or upper halves. */
function interleave(pieceBytes: 1 | 2, half: 0 | 1): Code {
  return shuffle(pieceBytes, (piece) => (piece % 2) * 16 + half * 8 + Math.floor(piece / 2) * pieceBytes);
}

/** Takes every other piece of so many bytes of two vectors, one after the other: the first of each two, or the second. */
function pick(pieceBytes: 1 | 2, which: 0 | 1): Code {
  return shuffle(pieceBytes, (piece) => (piece * 2 + which) * pieceBytes);
}

function shuffle(pieceBytes: 1 | 2, from: (piece: number) => number): Code {
  const lanes = Array.from(
    { length: 16 },
    (_, lane) => from(Math.floor(lane / pieceBytes)) + (lane % pieceBytes),
  );
  return [vector(0x0d), lanes];
}

const SWIZZLE = vector(0x0e);
const I8X16_SPLAT = vector(0x0f);
const V128_AND = vector(0x4e);
const V128_OR = vector(0x50);
const V128_XOR = vector(0x51);
const NARROW = vector(0x66);
const EXTEND_LOW = vector(0x89);
const EXTEND_HIGH = vector(0x8a);
const SPLAT = { 2: vector(0x10), 4: vector(0x11) };
const GE_U = { 2: vector(0x36), 4: vector(0x40) };
const BITMASK = { 2: vector(0x84), 4: vector(0xa4) };
const SHL = { 2: vector(0x8b), 4: vector(0xab) };
const SHR_S = { 2: vector(0x8c), 4: vector(0xac) };
const SHR_U = { 2: vector(0x8d), 4: vector(0xad) };
const NEG = { 2: vector(0x81), 4: vector(0xa1) };
const ADD = { 2: vector(0x8e), 4: vector(0xae) };
const SUB = { 2: vector(0x91), 4: vector(0xb1) };
