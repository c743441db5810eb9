import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES } from "../../domain/limits.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { MAX_SPARE_BUFFERS } from "./flow-limits.ts";

/**
 * Arrays for chunks, whose memory is used again: fresh memory has to be cleared by the system, which took as long as
 * reading a file into it. All but small ones have room for the largest chunk; the system gives memory only for what is
 * written to.
 */
export class BufferPool {
  readonly #spare: ArrayBuffer[] = [];

  /** What was in the memory is still there. */
  take(sizeBytes: number): Uint8Array<ArrayBuffer> {
    if (sizeBytes < MIN_CHUNK_BYTES || sizeBytes > MAX_CHUNK_BYTES) return new Uint8Array(sizeBytes);
    return new Uint8Array(this.#spare.pop() ?? new ArrayBuffer(MAX_CHUNK_BYTES), 0, sizeBytes);
  }

  /** Nobody may look at the array any more. */
  giveBack(bytes: Uint8Array<ArrayBuffer>): void {
    const { buffer } = bytes;
    if (buffer.byteLength === MAX_CHUNK_BYTES && this.#spare.length < MAX_SPARE_BUFFERS)
      this.#spare.push(buffer);
    else releaseBytes(bytes);
  }
}
