import { TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { MAX_SPARE_BUFFERS } from "./flow-limits.ts";

/**
 * Arrays for chunks. Those of the usual size are used again: fresh memory has to be cleared by the system, which took as
 * long as reading a file into it. The others are given back at once.
 */
export class BufferPool {
  readonly #spare: Uint8Array<ArrayBuffer>[] = [];

  /** What was in the array is still there. */
  take(sizeBytes: number): Uint8Array<ArrayBuffer> {
    const spare = sizeBytes === TARGET_CHUNK_BYTES ? this.#spare.pop() : undefined;
    return spare ?? new Uint8Array(sizeBytes);
  }

  /** Nobody may look at the array any more. */
  giveBack(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.byteLength === TARGET_CHUNK_BYTES && this.#spare.length < MAX_SPARE_BUFFERS)
      this.#spare.push(bytes);
    else releaseBytes(bytes);
  }
}
