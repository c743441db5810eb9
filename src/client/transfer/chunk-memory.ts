import { releaseBytes } from "../../hashing/release.ts";
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
 * buffers are used again, and the others given back at once, because the garbage collector is slow to return them.
 */
export class ChunkMemory {
  readonly #room: Semaphore;
  /** By their size, ascending. */
  readonly #spare: ReadonlyMap<number, Uint8Array<ArrayBuffer>[]>;

  /** Buffers of these sizes are used again, also for what takes more than half of one. */
  constructor(capacityBytes: number, ...reusedSizes: readonly number[]) {
    this.#room = new Semaphore(capacityBytes);
    this.#spare = new Map(reusedSizes.toSorted((a, b) => a - b).map((size) => [size, []]));
  }

  async borrow(sizeBytes: number, signal: AbortSignal): Promise<LentBytes> {
    const [size = sizeBytes, spare] = this.#reusedFor(sizeBytes) ?? [];
    const held = await this.#room.acquire(size + CHUNK_OVERHEAD_BYTES, signal);
    const buffer = spare?.pop() ?? new Uint8Array(size);
    let isBack = false;
    return {
      bytes: buffer.subarray(0, sizeBytes),
      [Symbol.dispose]: () => {
        if (isBack) return;
        isBack = true;
        if (spare !== undefined && spare.length < MAX_SPARE_BUFFERS) spare.push(buffer);
        else releaseBytes(buffer);
        this.#room.release(held);
      },
    };
  }

  #reusedFor(sizeBytes: number): readonly [number, Uint8Array<ArrayBuffer>[]] | undefined {
    for (const entry of this.#spare) {
      if (sizeBytes <= entry[0]) return sizeBytes * 2 > entry[0] ? entry : undefined;
    }
    return undefined;
  }
}
