/*
 * As much of an assembler for WebAssembly (Core Specification 2.0) as the loops of this folder need: what they do is done in
 * a few instructions there, and a module of some kilobytes needs no tools to be built so.
 */

/** Instructions, one after the other. */
export type Code = readonly (number | Code)[];

/** A function over numbers of 32 bits. */
export interface WasmFunction {
  readonly name: string;
  readonly parameters: number;
  readonly hasResult: boolean;
  /** Locals after the parameters, in this order. */
  readonly locals: Readonly<Partial<Record<"i32" | "i64" | "v128", number>>>;
  readonly body: Code;
}

export const PAGE_BYTES = 64 * 1024;

const TYPES = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
const FUNCTION = 0x60;
const MEMORY_EXPORT = 0x02;
const SECTIONS = { types: 1, functions: 3, memory: 5, exports: 7, code: 10 } as const;

/** A module with these functions and a memory of so many pages, all exported. Throws where the processor has no vectors. */
export function instantiate(functions: readonly WasmFunction[], pages: number) {
  const types = functions.map(({ parameters, hasResult }) => [
    [FUNCTION, parameters, Array.from({ length: parameters }, () => TYPES.i32)],
    hasResult ? [1, TYPES.i32] : [0],
  ]);
  const names = functions.map(({ name }, index) => [text(name), 0x00, index]);
  const bodies = functions.map(({ locals, body }) => {
    const groups = Object.entries(locals).map(([type, count]) => [count, TYPES[type as keyof typeof TYPES]]);
    return sized([groups.length, groups, body, END]);
  });
  const module = flat([
    [0x00, ...Buffer.from("asm"), 0x01, 0x00, 0x00, 0x00],
    section(SECTIONS.types, types),
    section(
      SECTIONS.functions,
      functions.map((_, index) => [index]),
    ),
    section(SECTIONS.memory, [[0x01, unsigned(pages), unsigned(pages)]]),
    section(SECTIONS.exports, [[text("memory"), MEMORY_EXPORT, 0], ...names]),
    section(SECTIONS.code, bodies),
  ]);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module)));
  const { buffer } = exports["memory"] as WebAssembly.Memory;
  return { buffer, call: exports as Record<string, (...values: number[]) => number> };
}

/** Of a block that takes and leaves nothing on the stack. */
export const BLOCK = [0x02, 0x40];
/** To the end of the block. */
export const OUT_UNLESS_0 = [0x0d, 0];
/** Of a loop that takes and leaves nothing on the stack. */
export const LOOP = [0x03, 0x40];
export const END = 0x0b;
/** To the begin of the loop. */
export const AGAIN_UNLESS_0 = [0x0d, 0];
export const I32_ADD = 0x6a;
export const I32_SUB = 0x6b;
export const I32_AND = 0x71;
export const I32_XOR = 0x73;
export const I32_SHL = 0x74;
export const I32_SHR_U = 0x76;
export const I32_POPCNT = 0x69;
export const I32_LT_U = 0x49;
export const I64_OR = 0x84;
export const I64_SHL = 0x86;
export const I64_SHR_U = 0x88;
export const I64_EXTEND_U = 0xad;

export function get(local: number): Code {
  return [0x20, local];
}

export function set(local: number): Code {
  return [0x21, local];
}

export function tee(local: number): Code {
  return [0x22, local];
}

/** An i32. */
export function constant(value: number): Code {
  return [0x41, signed(value)];
}

/** Adds to an i32. */
export function advance(local: number, by: number): Code {
  return [get(local), constant(by), I32_ADD, set(local)];
}

/** Addresses need not be multiples of anything. */
export const load8 = (offset = 0): Code => [0x2d, 0, unsigned(offset)];
export const load32 = (offset = 0): Code => [0x28, 0, unsigned(offset)];
export const store32 = (offset = 0): Code => [0x36, 0, unsigned(offset)];
export const store64 = (offset = 0): Code => [0x37, 0, unsigned(offset)];

/** An instruction on vectors, by its number in the specification. */
export function vector(instruction: number): Code {
  return [0xfd, unsigned(instruction)];
}

export const loadVector = (offset = 0): Code => [vector(0x00), 0, unsigned(offset)];
export const storeVector = (offset = 0): Code => [vector(0x0b), 0, unsigned(offset)];

function section(id: number, items: readonly Code[]): Code {
  return [id, sized([unsigned(items.length), ...items])];
}

function text(name: string): Code {
  return sized([...Buffer.from(name)]);
}

function sized(code: Code): Code {
  const bytes = flat(code);
  return [unsigned(bytes.length), bytes];
}

function flat(code: Code): number[] {
  const bytes: number[] = [];
  for (const part of code) {
    if (typeof part === "number") bytes.push(part);
    else for (const byte of flat(part)) bytes.push(byte);
  }
  return bytes;
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -64 && value < 64 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
