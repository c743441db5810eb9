import { ObjectTruncatedError, type BlobReader } from "../../domain/blob-store.ts";
import { requireRange } from "../keys.ts";
import { storageError } from "./errors.ts";
import type { OpenFile } from "./file-system.ts";

/**
 * Reads pieces of a file. What was read once is in the system's memory, so a second read of it is done on this thread:
 * that is quicker than going to another one and back.
 */
export class FileReader implements BlobReader {
  readonly sizeBytes: number;
  readonly #key: string;
  readonly #file: OpenFile;
  #readToBytes = 0;

  constructor(key: string, file: OpenFile, sizeBytes: number) {
    this.#key = key;
    this.#file = file;
    this.sizeBytes = sizeBytes;
  }

  async read(into: Uint8Array, offsetBytes: number): Promise<void> {
    if (offsetBytes + into.byteLength > this.sizeBytes) throw new ObjectTruncatedError(this.#key);
    requireRange(this.sizeBytes, offsetBytes, into.byteLength);
    const end = offsetBytes + into.byteLength;
    const known = end <= this.#readToBytes;
    try {
      for (let done = 0; done < into.byteLength;) {
        const rest = done === 0 ? into : into.subarray(done);
        const offset = offsetBytes + done;
        const count = known ? this.#file.readNow(rest, offset) : await this.#file.read(rest, offset);
        // The file was longer when it was opened.
        if (count === 0) throw new ObjectTruncatedError(this.#key);
        done += count;
      }
    } catch (error) {
      throw storageError(error);
    }
    if (offsetBytes <= this.#readToBytes) this.#readToBytes = Math.max(this.#readToBytes, end);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close();
  }
}
