import { MalformedError, safeU64, view, type ByteInput, type Parsing } from "../byte-input.ts";
import type { Marks, PartCut } from "../marks.ts";
import { nameHash } from "../name-hash.ts";

const LOCAL_HEADER = 0x04_03_4b_50;
const CENTRAL_HEADER = 0x02_01_4b_50;
const DESCRIPTOR = 0x08_07_4b_50;
const DESCRIPTOR_BYTES = Uint8Array.of(0x50, 0x4b, 0x07, 0x08);
const LOCAL_HEADER_BYTES = 30;
const HAS_DESCRIPTOR = 0x08;
const STORED = 0;
/** Stands where a size of 64 bits is in the extra field of this id. */
const IN_EXTRA = 0xff_ff_ff_ff;
const ZIP64_EXTRA = 1;
/** Signature, CRC and two sizes of 32 bits or of 64, then a signature of four bytes. */
const SHORT_DESCRIPTOR_BYTES = 16;
const LONG_DESCRIPTOR_BYTES = 24;
const LONGEST_MATCH_BYTES = LONG_DESCRIPTOR_BYTES + 4;
const SLASH = 0x2f;
/** PyTorch's storages are called `data/0`; NumPy's arrays end so. */
const TENSOR_NAME = /(^|\/)[0-9]+$|\.npy$/;

/** Whether a file that begins with these bytes can be a zip archive with an entry. */
export function isZip(head: Uint8Array): boolean {
  return view(head).getUint32(0, true) === LOCAL_HEADER;
}

/**
 * The bytes of an entry are a part that stands alone: the headers between them have names, numbers and checksums that
 * change while the bytes don't. They are read in the order of the file; the directory at its end is not needed.
 */
export function* parseZip(input: ByteInput, marks: Marks): Parsing<void> {
  for (;;) {
    marks.knownBytes = input.position;
    yield* input.need(LOCAL_HEADER_BYTES);
    if (view(input.peek(LOCAL_HEADER_BYTES)).getUint32(0, true) !== LOCAL_HEADER) return;
    const { cut, hash, size } = yield* readHeader(input);
    marks.add({ offset: input.position, cut, hash, standsAlone: true });
    if (size === undefined) yield* findDescriptor(input, marks);
    else input.skip(size);
    marks.add({ offset: input.position, cut: "content", hash: undefined, standsAlone: false });
    marks.knownBytes = input.position;
    yield* passDescriptor(input);
  }
}

interface Entry {
  readonly cut: PartCut;
  readonly hash: number;
  /** Undefined when it comes behind the bytes. */
  readonly size: number | undefined;
}

function* readHeader(input: ByteInput): Parsing<Entry> {
  const fixed = view(input.peek(LOCAL_HEADER_BYTES));
  const nameEnd = LOCAL_HEADER_BYTES + fixed.getUint16(26, true);
  const bytes = yield* input.take(nameEnd + fixed.getUint16(28, true));
  const name = bytes.subarray(LOCAL_HEADER_BYTES, nameEnd);
  const header = view(bytes);
  const isTensor = header.getUint16(8, true) === STORED && TENSOR_NAME.test(latin1(name));
  const size = storedSize(header, bytes.subarray(nameEnd));
  const isBehind = size === 0 && (header.getUint16(6, true) & HAS_DESCRIPTOR) !== 0;
  return {
    cut: isTensor ? "fixed" : "content",
    hash: nameHash(withoutRoot(name)),
    size: isBehind ? undefined : size,
  };
}

function storedSize(header: DataView, extra: Uint8Array): number {
  const size = header.getUint32(18, true);
  if (size !== IN_EXTRA) return size;
  for (let at = 0; at + 4 <= extra.length;) {
    const field = view(extra);
    const length = field.getUint16(at + 2, true);
    // The size before compression comes first where it is here too.
    const place = at + 4 + (header.getUint32(22, true) === IN_EXTRA ? 8 : 0);
    if (field.getUint16(at, true) === ZIP64_EXTRA && place + 8 <= Math.min(at + 4 + length, extra.length))
      return safeU64(extra, place);
    at += 4 + length;
  }
  throw new MalformedError("an entry has no size");
}

/**
 * Passes over an entry whose size comes after it: to the first place where a descriptor gives the size up to there, and
 * another header follows.
 */
function* findDescriptor(input: ByteInput, marks: Marks): Parsing<void> {
  const begin = input.position;
  for (;;) {
    marks.knownBytes = input.position;
    yield* input.need(LONGEST_MATCH_BYTES);
    const run = input.run();
    // What is left of earlier bytes is looked at together with those after it.
    const bytes = run.length >= LONGEST_MATCH_BYTES ? run : input.peek(LONGEST_MATCH_BYTES);
    const found = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(DESCRIPTOR_BYTES);
    if (found < 0) {
      input.skip(bytes.length - DESCRIPTOR_BYTES.length + 1);
      continue;
    }
    input.skip(found);
    marks.knownBytes = input.position;
    yield* input.need(LONGEST_MATCH_BYTES);
    const size = input.position - begin;
    if (descriptorBytes(view(input.peek(LONGEST_MATCH_BYTES)), size) !== undefined) return;
    input.skip(1);
  }
}

/** Whether it is there is seen by what follows. */
function* passDescriptor(input: ByteInput): Parsing<void> {
  yield* input.need(LONGEST_MATCH_BYTES);
  input.skip(descriptorBytes(view(input.peek(LONGEST_MATCH_BYTES)), undefined) ?? 0);
}

/** Length of the descriptor that begins here, of an entry of this size if it is known. */
function descriptorBytes(bytes: DataView, size: number | undefined): number | undefined {
  if (bytes.getUint32(0, true) !== DESCRIPTOR) return undefined;
  if (isHeader(bytes.getUint32(SHORT_DESCRIPTOR_BYTES, true))) {
    if (size === undefined || size === bytes.getUint32(8, true)) return SHORT_DESCRIPTOR_BYTES;
  }
  if (isHeader(bytes.getUint32(LONG_DESCRIPTOR_BYTES, true))) {
    if (size === undefined || BigInt(size) === bytes.getBigUint64(8, true)) return LONG_DESCRIPTOR_BYTES;
  }
  return undefined;
}

function isHeader(signature: number): boolean {
  return signature === LOCAL_HEADER || signature === CENTRAL_HEADER;
}

/** What torch.save calls the archive, often after the file, is not part of a tensor's name. */
function withoutRoot(name: Uint8Array): Uint8Array {
  return name.subarray(name.indexOf(SLASH) + 1);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
