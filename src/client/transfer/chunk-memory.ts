import { CHUNK_OVERHEAD_BYTES } from "./limits.ts";
import { Semaphore } from "./semaphore.ts";

/** Bytes that are lent. Dispose of it once nobody reads them any more. */
export interface LentBytes extends Disposable {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** How many buffers wait for their next use. */
const MAX_SPARE_BUFFERS = 16;

/**
 * Memory for the chunks of a transfer, with a limit: who wants more waits until others have given theirs back. Large
 * buffers are used again, because the garbage collector is slow to return them.
 */
export class ChunkMemory {
  readonly #room: Semaphore;
  readonly #reusedSize: number;
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];

  /** Buffers of `reusedSize` bytes are used again. */
  constructor(capacityBytes: number, reusedSize: number) {
    this.#room = new Semaphore(capacityBytes);
    this.#reusedSize = reusedSize;
  }

  async borrow(sizeBytes: number, signal: AbortSignal): Promise<LentBytes> {
    const held = await this.#room.acquire(sizeBytes + CHUNK_OVERHEAD_BYTES, signal);
    const spare = sizeBytes === this.#reusedSize ? this.#spare.pop() : undefined;
    const bytes = spare ?? new Uint8Array(sizeBytes);
    let isBack = false;
    return {
      bytes,
      [Symbol.dispose]: () => {
        if (isBack) return;
        isBack = true;
        if (bytes.length === this.#reusedSize && this.#spare.length < MAX_SPARE_BUFFERS)
          this.#spare.push(bytes);
        this.#room.release(held);
      },
    };
  }
}
