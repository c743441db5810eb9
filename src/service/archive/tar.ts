import { damaged } from "./damaged-archive.ts";

/** Everything in a tar file begins at a multiple of this. */
export const BLOCK_BYTES = 512;
/** The end of a tar file: two blocks of zeros. */
export const END_BYTES = 2 * BLOCK_BYTES;

const NAME_BYTES = 100;
const CHECKSUM = { offset: 148, bytes: 8 };
const SIZE = { offset: 124, bytes: 12 };
/** Eleven octal digits. */
const MAX_SIZE = 8 ** 11 - 1;

/** A member's name and size. */
export interface TarHeader {
  readonly name: string;
  readonly sizeBytes: number;
}

/** The block before a member, as POSIX.1-1988 (ustar) says, for a plain file that its owner alone may read. */
export function tarHeader({ name, sizeBytes }: TarHeader, modifiedAtSeconds: number): Uint8Array {
  const block = Buffer.alloc(BLOCK_BYTES);
  if (Buffer.byteLength(name) > NAME_BYTES || sizeBytes > MAX_SIZE)
    throw new RangeError(`${name} does not fit a tar header`);
  block.write(name, 0);
  block.write("0000600\0", 100);
  block.write("0000000\0", 108);
  block.write("0000000\0", 116);
  block.write(`${octal(sizeBytes, 11)}\0`, SIZE.offset);
  block.write(`${octal(modifiedAtSeconds, 11)}\0`, 136);
  block.write("0", 156);
  block.write("ustar\0" + "00", 257);
  block.write(`${octal(checksumOf(block), 6)}\0 `, CHECKSUM.offset);
  return block;
}

/** The header of a block; undefined for one of zeros. Throws DomainError for any other block. */
export function parseTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString("latin1");
  const field = ({ offset, bytes }: typeof SIZE) => text.slice(offset, offset + bytes).replace(/[\0 ]+$/, "");
  const checksum = field(CHECKSUM);
  const size = field(SIZE);
  const isRight = /^[0-7]{1,7}$/.test(checksum) && Number.parseInt(checksum, 8) === checksumOf(block);
  if (!isRight || !/^[0-7]{1,11}$/.test(size)) throw damaged("one of its headers is wrong");
  return { name: text.slice(0, NAME_BYTES).replace(/\0.*$/s, ""), sizeBytes: Number.parseInt(size, 8) };
}

/** How many zeros follow so many bytes. */
export function paddingOf(sizeBytes: number): number {
  return (BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES;
}

/** The sum of all bytes, with blanks in the place of the sum. */
function checksumOf(block: Uint8Array): number {
  let sum = 0;
  for (const [index, byte] of block.entries()) {
    const isSum = index >= CHECKSUM.offset && index < CHECKSUM.offset + CHECKSUM.bytes;
    sum += isSum ? 0x20 : byte;
  }
  return sum;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, "0");
}
