import type { BlobWriter } from "../../domain/blob-store.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { storageError } from "./errors.ts";
import { MultipartUpload } from "./multipart-upload.ts";
import type { S3Requests } from "./requests.ts";
import { StreamedPut } from "./streamed-put.ts";

export interface S3WriterOptions {
  readonly requests: S3Requests;
  readonly buffers: BufferPool;
  readonly name: string;
  readonly sizeBytes: number;
  /** Of the whole object, when the caller knows it. */
  readonly sha256: string | undefined;
  readonly partSizeBytes: number;
  /** Called once the object is there. */
  readonly committed: () => void;
}

/**
 * Collects an object in memory and sends it at commit, with its digest, so that it can be sent again when a connection
 * breaks. One that is larger than a part is sent part by part. When all buffers are taken, an object whose digest is
 * known is sent while it is written.
 */
export class S3Writer implements BlobWriter {
  readonly #options: S3WriterOptions;
  readonly #bufferBytes: number;
  #buffer: Uint8Array<ArrayBuffer> | undefined;
  #filledBytes = 0;
  #sentBytes = 0;
  #upload: MultipartUpload | undefined;
  #stream: StreamedPut | undefined;
  #state: "open" | "committed" | "cancelled" = "open";
  #mayBeThere = false;

  constructor(options: S3WriterOptions) {
    this.#options = options;
    this.#bufferBytes = Math.min(options.sizeBytes, options.partSizeBytes);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#requireOpen();
    const { sizeBytes } = this.#options;
    if (this.#sentBytes + this.#filledBytes + bytes.byteLength > sizeBytes) {
      throw new Error(`more than ${sizeBytes} bytes were written`);
    }
    if (bytes.byteLength === 0) return;
    const buffer = this.#buffer ?? (await this.#open());
    if (buffer === undefined) return this.#sendOn(bytes);
    for (let rest = bytes; rest.byteLength > 0;) {
      if (this.#filledBytes === this.#bufferBytes) await this.#sendPart(buffer);
      const piece = rest.subarray(0, this.#bufferBytes - this.#filledBytes);
      buffer.set(piece, this.#filledBytes);
      this.#filledBytes += piece.byteLength;
      rest = rest.subarray(piece.byteLength);
    }
  }

  async commit(): Promise<void> {
    this.#requireOpen();
    const { requests, name, sizeBytes, sha256, committed } = this.#options;
    const writtenBytes = this.#sentBytes + this.#filledBytes;
    if (writtenBytes !== sizeBytes) {
      throw new Error(`${writtenBytes} bytes were written instead of ${sizeBytes}`);
    }
    const rest = this.#buffer?.subarray(0, this.#filledBytes) ?? new Uint8Array(0);
    try {
      if (this.#stream !== undefined) {
        this.#mayBeThere = true;
        await this.#stream.end();
      } else if (this.#upload === undefined) {
        this.#mayBeThere = true;
        await requests.put(name, rest, sha256 ?? new Bun.CryptoHasher("sha256").update(rest).digest("hex"));
      } else {
        await this.#upload.put(rest);
        this.#mayBeThere = true;
        await this.#upload.complete(sizeBytes);
      }
    } catch (error) {
      throw storageError(error);
    }
    this.#state = "committed";
    this.#closeBuffer();
    committed();
  }

  async cancel(): Promise<void> {
    if (this.#state !== "open") return;
    this.#state = "cancelled";
    this.#closeBuffer();
    try {
      await this.#stream?.cancel();
      await this.#upload?.abort();
      // The answer to the commit may have been lost; an object that nobody names is no harm, so once is enough.
      if (this.#mayBeThere)
        await this.#options.requests.deleteOnce(this.#options.name).catch(() => undefined);
    } catch (error) {
      throw storageError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }

  async #sendPart(buffer: Uint8Array): Promise<void> {
    const { requests, name } = this.#options;
    try {
      this.#upload ??= await MultipartUpload.begin(requests, name);
      await this.#upload.put(buffer.subarray(0, this.#filledBytes));
    } catch (error) {
      throw storageError(error);
    }
    this.#sentBytes += this.#filledBytes;
    this.#filledBytes = 0;
  }

  async #sendOn(bytes: Uint8Array): Promise<void> {
    try {
      await this.#stream?.write(bytes);
    } catch (error) {
      throw storageError(error);
    }
    this.#sentBytes += bytes.byteLength;
  }

  /** The buffer; undefined when what is written goes on at once. */
  async #open(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const { requests, buffers, name, sizeBytes, sha256, partSizeBytes } = this.#options;
    if (this.#stream !== undefined) return undefined;
    this.#buffer = buffers.takeNow(this.#bufferBytes);
    if (this.#buffer === undefined && sha256 !== undefined && sizeBytes <= partSizeBytes) {
      this.#stream = new StreamedPut(requests, name, sizeBytes, sha256);
      return undefined;
    }
    this.#buffer ??= await buffers.take(this.#bufferBytes);
    // Cancelled while it waited.
    if (this.#state !== "open") this.#closeBuffer();
    this.#requireOpen();
    return this.#buffer;
  }

  #closeBuffer(): void {
    if (this.#buffer !== undefined) this.#options.buffers.giveBack(this.#buffer);
    this.#buffer = undefined;
  }

  #requireOpen(): void {
    if (this.#state !== "open") throw new Error(`the writer is ${this.#state}`);
  }
}
