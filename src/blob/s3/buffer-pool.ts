/** Smaller buffers are not worth keeping. */
const MIN_BUFFER_BYTES = 64 * 1024;

/**
 * Buffers for the bytes of all writers together, used again and again: one that the collector of garbage has to find
 * stays for a while, and so many of them come and go that memory would be several times what is in use. Who asks first
 * gets a buffer first.
 */
export class BufferPool {
  readonly #limitBytes: number;
  readonly #free: Uint8Array<ArrayBuffer>[] = [];
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Of buffers that were not given back. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** A buffer of at least so many bytes, of any content; undefined while there is no room. */
  takeNow(bytes: number): Uint8Array<ArrayBuffer> | undefined {
    const sizeBytes = roundUp(bytes);
    if (this.#waiting.length > 0 || this.#usedBytes + sizeBytes > this.#limitBytes) return undefined;
    this.#usedBytes += sizeBytes;
    return this.#freeOrNew(sizeBytes);
  }

  /** As takeNow, and waits for room. More than the limit is let in alone. */
  async take(bytes: number): Promise<Uint8Array<ArrayBuffer>> {
    const sizeBytes = roundUp(bytes);
    if (this.#waiting.length > 0 || !this.#fits(sizeBytes)) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push({ bytes: sizeBytes, enter: resolve });
      await promise;
    } else {
      this.#usedBytes += sizeBytes;
    }
    return this.#freeOrNew(sizeBytes);
  }

  giveBack(buffer: Uint8Array<ArrayBuffer>): void {
    this.#free.push(buffer);
    this.#usedBytes -= buffer.byteLength;
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#usedBytes += next.bytes;
      next.enter();
    }
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#limitBytes;
  }

  /** The last one given back: its memory is the likeliest to be in the processor's cache. */
  #freeOrNew(sizeBytes: number): Uint8Array<ArrayBuffer> {
    const index = this.#free.findLastIndex((buffer) => buffer.byteLength === sizeBytes);
    const [found] = index === -1 ? [] : this.#free.splice(index, 1);
    let freeBytes = this.#free.reduce((sum, buffer) => sum + buffer.byteLength, 0);
    while (freeBytes + this.#usedBytes > this.#limitBytes) {
      const dropped = this.#free.shift();
      if (dropped === undefined) break;
      freeBytes -= dropped.byteLength;
    }
    return found ?? new Uint8Array(sizeBytes);
  }
}

/** To a power of two, so that buffers fit whoever comes next. */
function roundUp(bytes: number): number {
  return Math.max(MIN_BUFFER_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
}
