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

/** A semaphore whose works each get a buffer of their own while they run. */
export class BufferSemaphore {
  readonly #semaphore: Semaphore;
  readonly #buffers: Uint8Array<ArrayBuffer>[] = [];
  readonly #bufferBytes: number;

  constructor(limit: number, bufferBytes: number) {
    this.#semaphore = new Semaphore(limit);
    this.#bufferBytes = bufferBytes;
  }

  run<T>(work: (buffer: Uint8Array<ArrayBuffer>) => Promise<T>): Promise<T> {
    return this.#semaphore.run(async () => {
      const buffer = this.#buffers.pop() ?? new Uint8Array(this.#bufferBytes);
      try {
        return await work(buffer);
      } finally {
        this.#buffers.push(buffer);
      }
    });
  }
}
