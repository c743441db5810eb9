/* The inner loops that count bytes and write their Huffman codes: numbers of 64 bits are slow in JavaScript. */
import {
  advance,
  AGAIN_UNLESS_0,
  BLOCK,
  constant,
  END,
  get,
  I32_ADD,
  I32_AND,
  I32_LT_U,
  I32_SHL,
  I32_SHR_U,
  I32_SUB,
  I64_EXTEND_U,
  I64_OR,
  I64_SHL,
  I64_SHR_U,
  instantiate,
  load32,
  load8,
  LOOP,
  OUT_UNLESS_0,
  PAGE_BYTES,
  set,
  store32,
  store64,
  tee,
  type Code,
} from "./wasm.ts";

/** Symbols of a block. */
export const MAX_BLOCK_BYTES = 128 * 1024;
/** Codes are that long at most. */
export const MAX_CODE_BITS = 11;

const SOURCE_AT = PAGE_BYTES;
const TARGET_AT = SOURCE_AT + MAX_BLOCK_BYTES;
/** Symbols of one turn of the loop: what they add to the bits of a byte that are left fits in 64. */
const TURN_SYMBOLS = 4;
const PAGES = (TARGET_AT + MAX_BLOCK_BYTES * 2) / PAGE_BYTES;

/** Tables of counts: what is counted twice in a row waits for itself. Bytes of one turn go to one each. */
const TABLES = 4;
const SYMBOLS = 256;
const COUNTS_AT = SYMBOLS * 4;

/** One per thread. What it holds is of no use to whoever comes next. */
export interface HuffmanKernel {
  /** The code of each symbol, its length above 16 bits. */
  readonly codes: Int32Array<ArrayBuffer>;
  /** The symbols of a block. */
  readonly source: Uint8Array<ArrayBuffer>;
  readonly target: Uint8Array<ArrayBuffer>;
  /** How often each byte is there in the first so many symbols of the source. */
  readonly count: (sizeBytes: number) => Uint32Array<ArrayBuffer>;
  /** Writes the codes of symbols `begin` to `end`, the last one first, and a bit that ends them. Returns where the target ends then. */
  readonly write: (begin: number, end: number, targetOffset: number) => number;
}

let kernel: HuffmanKernel | undefined;

export function huffmanKernel(): HuffmanKernel {
  return (kernel ??= createKernel());
}

function createKernel(): HuffmanKernel {
  const write = {
    name: "write",
    parameters: 3,
    hasResult: true,
    locals: { i32: 2, i64: 1 },
    body: writeCodes(),
  };
  const count = { name: "count", parameters: 2, hasResult: false, locals: { i32: 1 }, body: countTurns() };
  const { buffer, call } = instantiate([write, count], PAGES);
  const source = new Uint8Array(buffer, SOURCE_AT, MAX_BLOCK_BYTES);
  const tables = Array.from(
    { length: TABLES },
    (_, index) => new Uint32Array(buffer, COUNTS_AT + index * SYMBOLS * 4, SYMBOLS),
  );
  return {
    codes: new Int32Array(buffer, 0, SYMBOLS),
    source,
    target: new Uint8Array(buffer, TARGET_AT, MAX_BLOCK_BYTES * 2),
    count: (sizeBytes) => {
      for (const table of tables) table.fill(0);
      const turns = Math.floor(sizeBytes / TABLES);
      if (turns > 0) call["count"]?.(turns, SOURCE_AT);
      const counts = new Uint32Array(SYMBOLS);
      for (const table of tables)
        for (let byte = 0; byte < SYMBOLS; byte += 1) counts[byte] = (counts[byte] ?? 0) + (table[byte] ?? 0);
      for (const byte of source.subarray(turns * TABLES, sizeBytes)) counts[byte] = (counts[byte] ?? 0) + 1;
      return counts;
    },
    write: (begin, end, targetOffset) =>
      (call["write"]?.(SOURCE_AT + begin, SOURCE_AT + end, TARGET_AT + targetOffset) ?? 0) - TARGET_AT,
  };
}

const [BEGIN, AT, TARGET, BITS, CODE, WAITING] = [0, 1, 2, 3, 4, 5] as const;

/** So many turns, from an address on. */
function countTurns(): Code {
  const [TURNS, FROM, BYTE] = [0, 1, 2];
  const increments = Array.from({ length: TABLES }, (_, index) => {
    const table = COUNTS_AT + index * SYMBOLS * 4;
    return [
      [get(FROM), load8(index), constant(2), I32_SHL, tee(BYTE)],
      [get(BYTE), load32(table), constant(1), I32_ADD, store32(table)],
    ];
  });
  return [
    [LOOP, increments, advance(FROM, TABLES)],
    [get(TURNS), constant(1), I32_SUB, tee(TURNS), AGAIN_UNLESS_0, END],
  ];
}

function writeCodes(): Code {
  const append: Code = [
    [get(AT), constant(1), I32_SUB, tee(AT), load8(), constant(2), I32_SHL, load32(), set(CODE)],
    [get(WAITING), get(CODE), constant(0xffff), I32_AND, I64_EXTEND_U, get(BITS), I64_EXTEND_U, I64_SHL],
    [I64_OR, set(WAITING), get(BITS), get(CODE), constant(16), I32_SHR_U, I32_ADD, set(BITS)],
  ];
  const flush: Code = [
    [get(TARGET), get(WAITING), store64()],
    [get(WAITING), get(BITS), constant(-8), I32_AND, I64_EXTEND_U, I64_SHR_U, set(WAITING)],
    [get(TARGET), get(BITS), constant(3), I32_SHR_U, I32_ADD, set(TARGET)],
    [get(BITS), constant(7), I32_AND, set(BITS)],
  ];
  const turns = (symbols: number): Code => {
    const isLeft = [get(BEGIN), get(AT), constant(symbols - 1), I32_SUB, I32_LT_U];
    return [
      [BLOCK, get(AT), get(BEGIN), I32_SUB, constant(symbols), I32_LT_U, OUT_UNLESS_0],
      [LOOP, Array.from({ length: symbols }, () => append), flush, isLeft, AGAIN_UNLESS_0, END],
      END,
    ];
  };
  return [
    turns(TURN_SYMBOLS),
    turns(1),
    [get(WAITING), constant(1), I64_EXTEND_U, get(BITS), I64_EXTEND_U, I64_SHL, I64_OR, set(WAITING)],
    advance(BITS, 1),
    [get(TARGET), get(WAITING), store64()],
    [get(TARGET), get(BITS), constant(7), I32_ADD, constant(3), I32_SHR_U, I32_ADD],
  ];
}
