/** More bytes are needed, or none will come. */
export type Parsing<T> = Generator<undefined, T, undefined>;

/** Says that bytes are not what a format asks for; the file is plain from there. */
export class MalformedError extends Error {
  override readonly name = "MalformedError";
}

/**
 * The bytes of a file that have arrived and that a parser has not taken yet. A parser is a generator: it yields when it
 * needs more than there is.
 */
export class ByteInput {
  readonly #pieces: Uint8Array[] = [];
  #availableBytes = 0;
  /** Bytes to pass over that have not arrived yet. */
  #skipBytes = 0;
  #position = 0;

  /** Offset in the file of the next byte that will be taken. */
  get position(): number {
    return this.#position;
  }

  get availableBytes(): number {
    return this.#availableBytes;
  }

  /** Call `keep` once the parser has run, before the bytes are changed. */
  append(bytes: Uint8Array): void {
    const passed = Math.min(this.#skipBytes, bytes.length);
    this.#skipBytes -= passed;
    if (passed === bytes.length) return;
    this.#pieces.push(bytes.subarray(passed));
    this.#availableBytes += bytes.length - passed;
  }

  /** Copies what the parser has left of the last bytes, so that nothing points to bytes of others. */
  keep(): void {
    const last = this.#pieces.pop();
    if (last !== undefined) this.#pieces.push(last.slice());
  }

  /** The next bytes, which stay; at most `availableBytes`. They are good until the parser asks for more. */
  peek(count: number): Uint8Array {
    const first = this.#pieces[0];
    if (first !== undefined && first.length >= count) return first.subarray(0, count);
    return this.#copy(count);
  }

  /** What can be looked at without a copy: at least one byte when there is any. */
  run(): Uint8Array {
    return this.#pieces[0] ?? new Uint8Array(0);
  }

  /** Passes over bytes, arrived or not. */
  skip(count: number): void {
    this.#position += count;
    if (this.#position > Number.MAX_SAFE_INTEGER) throw new MalformedError("a length is too large");
    let left = Math.min(count, this.#availableBytes);
    this.#availableBytes -= left;
    this.#skipBytes += count - left;
    while (left > 0) {
      const first = this.#pieces.shift();
      if (first === undefined) return;
      if (first.length > left) this.#pieces.unshift(first.subarray(left));
      left -= Math.min(left, first.length);
    }
  }

  /** Waits until so many bytes are available. */
  *need(count: number): Parsing<void> {
    while (this.#availableBytes < count) yield undefined;
  }

  /** The next bytes. They are good until the parser asks for more. */
  *take(count: number): Parsing<Uint8Array> {
    while (this.#availableBytes < count) yield undefined;
    const bytes = this.peek(count);
    this.skip(count);
    return bytes;
  }

  *u32(): Parsing<number> {
    const bytes = yield* this.take(4);
    return view(bytes).getUint32(0, true);
  }

  /** Refuses numbers that no offset in a file can be. */
  *u64(): Parsing<number> {
    const bytes = yield* this.take(8);
    return safeU64(bytes, 0);
  }

  #copy(count: number): Uint8Array {
    const copy = new Uint8Array(count);
    let filled = 0;
    for (const piece of this.#pieces) {
      if (filled === count) break;
      const part = piece.subarray(0, count - filled);
      copy.set(part, filled);
      filled += part.length;
    }
    return copy;
  }
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A little-endian number of 64 bits, refused above 2^53 - 1. */
export function safeU64(bytes: Uint8Array, offset: number): number {
  const value = view(bytes).getBigUint64(offset, true);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new MalformedError("a number is too large");
  return Number(value);
}
