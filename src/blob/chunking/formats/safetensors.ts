import { MalformedError, safeU64, type ByteInput, type Parsing } from "../byte-input.ts";
import { MAX_SAFETENSORS_HEADER_BYTES, MAX_TENSORS } from "../limits.ts";
import type { Marks } from "../marks.ts";
import { nameHash } from "../name-hash.ts";

const LENGTH_BYTES = 8;
const OPENING_BRACE = 0x7b;

/** Whether a file that begins with these nine bytes can be safetensors. */
export function isSafetensors(head: Uint8Array): boolean {
  if (head[LENGTH_BYTES] !== OPENING_BRACE) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  const headerBytes = view.getBigUint64(0, true);
  return headerBytes >= 2n && headerBytes <= BigInt(MAX_SAFETENSORS_HEADER_BYTES);
}

/** The header names every tensor with its place; together they are all of the data, without holes. */
export function* parseSafetensors(input: ByteInput, marks: Marks): Parsing<void> {
  const headerBytes = safeU64(yield* input.take(LENGTH_BYTES), 0);
  marks.knownBytes = LENGTH_BYTES + headerBytes;
  const tensors = readHeader(yield* input.take(headerBytes));
  const end = endOf(tensors);
  for (const { name, begin } of tensors)
    marks.tensor(input.position + begin, nameHash(new TextEncoder().encode(name)));
  marks.other(input.position + end);
}

function endOf(tensors: readonly Tensor[]): number {
  let previousEnd = 0;
  for (const { begin, end } of tensors) {
    if (begin !== previousEnd) throw new MalformedError("tensors overlap or leave a hole");
    previousEnd = end;
  }
  return previousEnd;
}

interface Tensor {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/** Those that are not empty, in the order of their bytes. */
function readHeader(bytes: Uint8Array): readonly Tensor[] {
  const header: unknown = parseJson(bytes);
  if (!isObject(header)) throw new MalformedError("the header is no object");
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  if (entries.length > MAX_TENSORS) throw new MalformedError("too many tensors");
  return entries
    .map(([name, value]) => readTensor(name, value))
    .filter(({ begin, end }) => begin < end)
    .toSorted((a, b) => a.begin - b.begin);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (error) {
    throw new MalformedError("the header is no JSON", { cause: error });
  }
}

function readTensor(name: string, value: unknown): Tensor {
  const offsets: unknown = isObject(value) ? value["data_offsets"] : undefined;
  if (!Array.isArray(offsets) || offsets.length !== 2) throw new MalformedError("a tensor has no place");
  const [begin, end]: unknown[] = offsets;
  if (!isOffset(begin) || !isOffset(end) || begin > end) throw new MalformedError("a tensor has no place");
  return { name, begin, end };
}

/** What is added to it is far from the last number that can be represented. */
function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= 2 ** 52;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
