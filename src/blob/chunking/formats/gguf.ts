import { MalformedError, safeU64, type ByteInput, type Parsing } from "../byte-input.ts";
import { MAX_HEADER_VALUES, MAX_NAME_BYTES, MAX_TENSORS } from "../limits.ts";
import type { Marks } from "../marks.ts";
import { nameHash } from "../name-hash.ts";

const MAGIC = [0x47, 0x47, 0x55, 0x46];
const VERSIONS = new Set([2, 3]);
const DEFAULT_ALIGNMENT = 32;
const MAX_DIMENSIONS = 8;
const ALIGNMENT_KEY = "general.alignment";
/** Bytes of a value by its type; a string (8) and an array (9) have none. */
const SIZES = [1, 1, 2, 2, 4, 4, 4, 1, undefined, undefined, 8, 8, 8];
const UINT32 = 4;
const STRING = 8;
const ARRAY = 9;

/** Whether a file that begins with these bytes can be GGUF. */
export function isGguf(head: Uint8Array): boolean {
  return MAGIC.every((byte, index) => head[index] === byte);
}

/** Values and the places of tensors come first; a tensor's part runs to the next tensor, padding included. */
export function* parseGguf(input: ByteInput, marks: Marks): Parsing<void> {
  input.skip(MAGIC.length);
  if (!VERSIONS.has(yield* input.u32())) throw new MalformedError("an unknown version");
  const tensorCount = yield* input.u64();
  const valueCount = yield* input.u64();
  if (tensorCount > MAX_TENSORS || valueCount > MAX_HEADER_VALUES) throw new MalformedError("too many");
  const budget = { values: MAX_HEADER_VALUES };
  let alignment = DEFAULT_ALIGNMENT;
  for (let index = 0; index < valueCount; index += 1) {
    marks.knownBytes = input.position;
    const isAlignment = new TextDecoder().decode(yield* readName(input)) === ALIGNMENT_KEY;
    const type = yield* input.u32();
    if (isAlignment && type === UINT32) alignment = yield* input.u32();
    else yield* skipValue(input, marks, type, budget);
  }
  if (alignment === 0) throw new MalformedError("no alignment");
  const tensors: { readonly offset: number; readonly hash: number }[] = [];
  for (let index = 0; index < tensorCount; index += 1) {
    marks.knownBytes = input.position;
    tensors.push(yield* readTensor(input));
  }
  const dataOffset = Math.ceil(input.position / alignment) * alignment;
  if (tensors.some(({ offset }) => offset % alignment !== 0))
    throw new MalformedError("a tensor has no place");
  // Of several at one place, all but the last are empty.
  for (const { offset, hash } of tensors.toSorted((a, b) => a.offset - b.offset))
    marks.tensor(dataOffset + offset, hash);
}

function* readTensor(input: ByteInput): Parsing<{ readonly offset: number; readonly hash: number }> {
  const hash = nameHash(yield* readName(input));
  const dimensions = yield* input.u32();
  if (dimensions > MAX_DIMENSIONS) throw new MalformedError("too many dimensions");
  // Of each dimension eight bytes, of the type four, of the place eight.
  const bytes = yield* input.take(dimensions * 8 + 4 + 8);
  const offset = safeU64(bytes, dimensions * 8 + 4);
  if (offset > 2 ** 52) throw new MalformedError("a tensor has no place");
  return { offset, hash };
}

function* readName(input: ByteInput): Parsing<Uint8Array> {
  const lengthBytes = yield* input.u64();
  if (lengthBytes > MAX_NAME_BYTES) throw new MalformedError("a name is too long");
  return yield* input.take(lengthBytes);
}

interface Budget {
  values: number;
}

function* skipValue(input: ByteInput, marks: Marks, type: number, budget: Budget): Parsing<void> {
  if (type === STRING) return yield* skipStrings(input, marks, 1, budget);
  if (type !== ARRAY) return input.skip(sizeOf(type));
  const elementType = yield* input.u32();
  const count = yield* input.u64();
  if (elementType === STRING) yield* skipStrings(input, marks, count, budget);
  else input.skip(sizeOf(elementType) * count);
}

function sizeOf(type: number): number {
  const size = SIZES[type];
  if (size === undefined) throw new MalformedError("an unknown type");
  return size;
}

/** Vocabularies have hundreds of thousands of them, so this asks for bytes only where there are none. */
function* skipStrings(input: ByteInput, marks: Marks, count: number, budget: Budget): Parsing<void> {
  budget.values -= count;
  if (budget.values < 0) throw new MalformedError("too many values");
  for (let index = 0; index < count; index += 1) {
    marks.knownBytes = input.position;
    if (input.availableBytes < 8) yield* input.need(8);
    input.skip(8 + safeU64(input.peek(8), 0));
  }
}
