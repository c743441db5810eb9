import { MalformedError, type ByteInput, type Parsing } from "../byte-input.ts";
import { MAX_NAME_BYTES } from "../limits.ts";
import type { Marks } from "../marks.ts";
import { nameHash } from "../name-hash.ts";

/** Numbers of the fields that lead to the bytes of tensors. */
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_NAME = 8;
const TENSOR_RAW_DATA = 9;

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;
const MAX_VARINT_BYTES = 10;

/** What a model begins with: field 1, a small version, then one of the fields 2 to 8 as what they are. */
const IR_VERSION_TAG = 0x08;
const SECOND_TAGS = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42]);

/** Whether a file that begins with these bytes can be an ONNX model: a message that does not say so itself. */
export function isOnnx(head: Uint8Array): boolean {
  const [first, version = 0, second = 0] = head;
  return first === IR_VERSION_TAG && version >= 1 && version < 0x80 && SECOND_TAGS.has(second);
}

/** A tensor's part begins with its raw bytes, and runs to those of the next; other fields end it. */
export function* parseOnnx(input: ByteInput, marks: Marks): Parsing<void> {
  for (;;) {
    const field = yield* readField(input, marks, Number.POSITIVE_INFINITY);
    marks.other(marks.knownBytes);
    if (field.number === MODEL_GRAPH && field.isBytes) yield* parseGraph(input, marks, field.end);
    else input.skip(field.end - input.position);
  }
}

function* parseGraph(input: ByteInput, marks: Marks, end: number): Parsing<void> {
  while (input.position < end) {
    const field = yield* readField(input, marks, end);
    if (field.number === GRAPH_INITIALIZER && field.isBytes) {
      yield* parseTensor(input, marks, field.end);
    } else {
      marks.other(marks.knownBytes);
      input.skip(field.end - input.position);
    }
  }
}

function* parseTensor(input: ByteInput, marks: Marks, end: number): Parsing<void> {
  let hash: number | undefined;
  while (input.position < end) {
    const field = yield* readField(input, marks, end);
    const lengthBytes = field.end - input.position;
    if (field.number === TENSOR_NAME && field.isBytes) {
      if (lengthBytes > MAX_NAME_BYTES) throw new MalformedError("a name is too long");
      hash = nameHash(yield* input.take(lengthBytes));
    } else {
      if (field.number === TENSOR_RAW_DATA && field.isBytes && lengthBytes > 0)
        marks.tensor(input.position, hash);
      input.skip(lengthBytes);
    }
  }
}

interface Field {
  readonly number: number;
  readonly isBytes: boolean;
  /** Where the next field begins. */
  readonly end: number;
}

/** Reads up to the content of a field. Its beginning is what is known of the file by now. */
function* readField(input: ByteInput, marks: Marks, limit: number): Parsing<Field> {
  marks.knownBytes = input.position;
  const tag = yield* readVarint(input);
  const number = Math.floor(tag / 8);
  const wireType = tag % 8;
  if (number === 0 || tag > Number.MAX_SAFE_INTEGER) throw new MalformedError("no field has this number");
  if (wireType === VARINT) yield* readVarint(input);
  const length = wireType === BYTES ? yield* readVarint(input) : fixedLength(wireType);
  const end = input.position + length;
  if (end > limit || end > Number.MAX_SAFE_INTEGER)
    throw new MalformedError("a field is longer than what it is in");
  return { number, isBytes: wireType === BYTES, end };
}

function fixedLength(wireType: number): number {
  if (wireType === VARINT) return 0;
  if (wireType === FIXED64) return 8;
  if (wireType === FIXED32) return 4;
  throw new MalformedError("an unknown type of field");
}

function* readVarint(input: ByteInput): Parsing<number> {
  let value = 0;
  for (let index = 0; index < MAX_VARINT_BYTES; index += 1) {
    const [byte = 0] = yield* input.take(1);
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw new MalformedError("a number does not end");
}
