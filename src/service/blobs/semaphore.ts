/** Lets a number of works run at once; the others wait for their turn in order. */
class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(limit: number) {
    this.#free = limit;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}

/** A buffer that is lent. Whoever moves its bytes elsewhere puts another array of the same size in its place. */
export interface LentBuffer {
  bytes: Uint8Array<ArrayBuffer>;
}

/** A semaphore whose works each get a buffer of their own while they run. */
export class BufferSemaphore {
  readonly #semaphore: Semaphore;
  readonly #buffers: LentBuffer[] = [];
  readonly #bufferBytes: number;

  constructor(limit: number, bufferBytes: number) {
    this.#semaphore = new Semaphore(limit);
    this.#bufferBytes = bufferBytes;
  }

  run<T>(work: (buffer: LentBuffer) => Promise<T>): Promise<T> {
    return this.#semaphore.run(async () => {
      const buffer = this.#buffers.pop() ?? { bytes: new Uint8Array(this.#bufferBytes) };
      try {
        return await work(buffer);
      } finally {
        if (buffer.bytes.byteLength === this.#bufferBytes) this.#buffers.push(buffer);
      }
    });
  }
}
