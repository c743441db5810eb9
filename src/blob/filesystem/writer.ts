import { dirname } from "node:path";
import type { BlobWriter } from "../../domain/blob-store.ts";
import { DomainError } from "../../domain/errors.ts";
import { storageError, systemCode } from "./errors.ts";
import type { FileSystem, OpenFile } from "./file-system.ts";
import { FOLDER_MODE } from "./paths.ts";
import type { WritePace } from "./write-pace.ts";

/**
 * Bytes that one call to the system writes at most: for larger ones Linux looks for huge pages for its cache, which took
 * twice the time.
 */
const MAX_WRITE_BYTES = 512 * 1024;

export interface FileWriterOptions {
  readonly files: FileSystem;
  readonly pace: WritePace;
  readonly temporaryPath: string;
  readonly path: string;
  readonly sizeBytes: number;
}

/** Writes a temporary file, and renames it when it is whole. */
export class FileWriter implements BlobWriter {
  readonly #options: FileWriterOptions;
  readonly #file: OpenFile;
  #writtenBytes = 0;
  #state: "open" | "committed" | "cancelled" = "open";
  #isClosed = false;

  constructor(file: OpenFile, options: FileWriterOptions) {
    this.#file = file;
    this.#options = options;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#requireOpen();
    const { sizeBytes, pace } = this.#options;
    if (this.#writtenBytes + bytes.byteLength > sizeBytes) {
      throw new Error(`more than ${sizeBytes} bytes were written`);
    }
    try {
      let done = 0;
      while (done < bytes.byteLength) {
        const rest = bytes.subarray(done, done + MAX_WRITE_BYTES);
        const written = pace.isFast
          ? pace.measure(() => this.#file.writeNow(rest, this.#writtenBytes))
          : await this.#file.write(rest, this.#writtenBytes);
        if (written === 0) throw new Error("the file took no bytes");
        done += written;
        this.#writtenBytes += written;
      }
    } catch (error) {
      throw storageError(error);
    }
  }

  async commit(): Promise<void> {
    this.#requireOpen();
    const { sizeBytes, temporaryPath, path } = this.#options;
    if (this.#writtenBytes !== sizeBytes) {
      throw new Error(`${this.#writtenBytes} bytes were written instead of ${sizeBytes}`);
    }
    try {
      // Some file systems report only here that bytes did not arrive.
      await this.#close();
      await this.#rename(temporaryPath, path);
    } catch (error) {
      throw storageError(error);
    }
    this.#state = "committed";
  }

  async cancel(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "cancelled";
    try {
      await this.#close();
    } finally {
      await this.#unlink();
    }
  }

  /** What can't be removed now is removed by the next start: callers must learn why they gave up, not this. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.cancel();
    } catch (error) {
      if (systemCode(error) === undefined && !(error instanceof DomainError)) throw error;
    }
  }

  /** Most folders are there already, so they are only made when the rename fails. */
  async #rename(from: string, to: string): Promise<void> {
    const { files } = this.#options;
    try {
      await files.rename(from, to);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw error;
      await files.makeFolders(dirname(to), FOLDER_MODE);
      await files.rename(from, to);
    }
  }

  async #unlink(): Promise<void> {
    try {
      await this.#options.files.unlink(this.#options.temporaryPath);
    } catch (error) {
      if (systemCode(error) !== "ENOENT") throw storageError(error);
    }
  }

  async #close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#file.close();
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new Error(`the writer is ${this.#state}`);
  }
}
