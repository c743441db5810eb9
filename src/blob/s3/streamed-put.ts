import { PassThrough } from "node:stream";
import type { S3Requests } from "./requests.ts";

/** Bytes that wait for the connection. */
const WAITING_BYTES = 128 * 1024;

/**
 * Sends an object while it is written, for as long as there is no buffer to collect it in: whoever writes slowly must not
 * keep others waiting. Only one attempt: the bytes are gone once they were sent. The last one is kept until `end`, so
 * that the store never has the whole object before.
 */
export class StreamedPut {
  readonly #body = new PassThrough({ highWaterMark: WAITING_BYTES });
  readonly #sizeBytes: number;
  readonly #done: Promise<void>;
  #writtenBytes = 0;
  #last = Buffer.alloc(0);

  constructor(requests: S3Requests, name: string, sizeBytes: number, sha256: string) {
    this.#sizeBytes = sizeBytes;
    this.#done = requests.putStream(name, this.#body, sizeBytes, sha256);
    // Whoever writes or ends is told.
    this.#done.catch(() => this.#body.destroy());
    this.#body.on("error", () => undefined);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#writtenBytes += bytes.byteLength;
    // A copy, since the caller uses the array again.
    const copy = Buffer.from(bytes);
    if (this.#writtenBytes < this.#sizeBytes) return this.#send(copy);
    this.#last = copy.subarray(-1);
    if (copy.byteLength > 1) await this.#send(copy.subarray(0, -1));
  }

  /** Sends the last byte, and waits for the store to have the object. */
  async end(): Promise<void> {
    this.#body.end(this.#last);
    await this.#done;
  }

  async cancel(): Promise<void> {
    this.#body.destroy(new Error("the write was cancelled"));
    await this.#done.catch(() => undefined);
  }

  /** Resolves when there is room for more. */
  async #send(bytes: Buffer): Promise<void> {
    const taken = Promise.withResolvers<void>();
    this.#body.write(bytes, (error) => (error ? taken.reject(error) : taken.resolve()));
    try {
      // The request can't have ended well before its last byte was sent, so the first of the two is the room.
      await Promise.race([taken.promise, this.#done]);
    } catch (error) {
      taken.promise.catch(() => undefined);
      await this.#done;
      throw error;
    }
  }
}
