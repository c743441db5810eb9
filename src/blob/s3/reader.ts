import {
  ObjectNotFoundError,
  ObjectTruncatedError,
  type BlobReader,
  type ReadRange,
} from "../../domain/blob-store.ts";
import type { ByteRange } from "./byte-fetcher.ts";
import { problemOf, storageError } from "./errors.ts";
import { ObjectStream } from "./object-stream.ts";
import type { S3Requests } from "./requests.ts";

/**
 * Reads pieces of an object. Most callers read on from where they were: one answer of the store lasts for as many pieces
 * as follow each other. A piece from elsewhere has a request of its own, and so has what was missing when an answer
 * broke off.
 */
export class S3Reader implements BlobReader {
  readonly sizeBytes: number;
  readonly #requests: S3Requests;
  readonly #key: string;
  readonly #name: string;
  #stream: ObjectStream | undefined;
  #isStreamBusy = false;
  #isDisposed = false;

  private constructor(
    requests: S3Requests,
    object: { readonly key: string; readonly name: string; readonly sizeBytes: number },
    stream: ObjectStream | undefined,
  ) {
    this.#requests = requests;
    this.#key = object.key;
    this.#name = object.name;
    this.sizeBytes = object.sizeBytes;
    this.#stream = stream;
  }

  /** Opens an object, ready to be read from its begin, or in this range. Throws ObjectNotFoundError. */
  static async open(requests: S3Requests, key: string, name: string, range?: ReadRange): Promise<S3Reader> {
    if (range === undefined || isSensible(range)) {
      try {
        const wanted = range && { begin: range.offsetBytes, end: range.offsetBytes + range.lengthBytes };
        const stream = await requests.retried(() => begin(requests, name, wanted));
        return new S3Reader(requests, { key, name, sizeBytes: stream.sizeBytes }, stream);
      } catch (error) {
        if (problemOf(error) === "absent") throw new ObjectNotFoundError(key, { cause: error });
        if (problemOf(error) !== "outside") throw storageError(error);
      }
    }
    const sizeBytes = await sizeOf(requests, name);
    if (sizeBytes === undefined) throw new ObjectNotFoundError(key);
    return new S3Reader(requests, { key, name, sizeBytes }, undefined);
  }

  async read(into: Uint8Array, offsetBytes: number): Promise<void> {
    if (this.#isDisposed) throw new Error("the reader is disposed");
    if (offsetBytes + into.byteLength > this.sizeBytes) throw new ObjectTruncatedError(this.#key);
    if (into.byteLength === 0) return;
    try {
      if (!(await this.#readOn(into, offsetBytes))) await this.#readApart(into, offsetBytes);
    } catch (error) {
      if (error instanceof ObjectTruncatedError) throw error;
      if (problemOf(error) === "absent") throw new ObjectNotFoundError(this.#key, { cause: error });
      if (problemOf(error) === "outside") throw new ObjectTruncatedError(this.#key, { cause: error });
      throw storageError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    if (!this.#isStreamBusy) await this.#closeStream();
  }

  /** Whether the bytes came from the answer that is being read. */
  async #readOn(into: Uint8Array, offsetBytes: number): Promise<boolean> {
    if (this.#isStreamBusy || (this.#stream !== undefined && this.#stream.position !== offsetBytes))
      return false;
    this.#isStreamBusy = true;
    try {
      this.#stream ??= await begin(this.#requests, this.#name, { begin: offsetBytes, end: this.sizeBytes });
      await this.#stream.fill(into);
    } catch {
      // Whatever happened, the request for these bytes alone has the same chance, and says what is wrong.
      await this.#closeStream();
      return false;
    } finally {
      this.#isStreamBusy = false;
    }
    if (this.#isDisposed || this.#stream?.position === this.sizeBytes) await this.#closeStream();
    return true;
  }

  #readApart(into: Uint8Array, offsetBytes: number): Promise<void> {
    return this.#requests.retried(async () => {
      const end = offsetBytes + into.byteLength;
      const stream = await begin(this.#requests, this.#name, { begin: offsetBytes, end });
      try {
        if (stream.sizeBytes < end) throw new ObjectTruncatedError(this.#key);
        await stream.fill(into);
      } finally {
        await stream.close();
      }
    });
  }

  async #closeStream(): Promise<void> {
    const stream = this.#stream;
    this.#stream = undefined;
    await stream?.close();
  }
}

/** Size of an object; undefined when there is none. */
export async function sizeOf(requests: S3Requests, name: string): Promise<number | undefined> {
  try {
    return await requests.head(name);
  } catch (error) {
    if (problemOf(error) === "other") return sizeByReading(requests, name);
    throw storageError(error);
  }
}

/** The answer to HEAD has no body, so that it can't tell a missing object from a missing bucket, nor from a wrong server. */
async function sizeByReading(requests: S3Requests, name: string): Promise<number | undefined> {
  try {
    const stream = await requests.retried(() => begin(requests, name));
    await stream.close();
    return stream.sizeBytes;
  } catch (error) {
    if (problemOf(error) === "absent") return undefined;
    throw storageError(error);
  }
}

async function begin(requests: S3Requests, name: string, range?: ByteRange): Promise<ObjectStream> {
  return new ObjectStream(await requests.get(name, range), requests.patience.stallMs);
}

/** Others are for streamOf to refuse, or need no bytes. */
function isSensible({ offsetBytes, lengthBytes }: ReadRange): boolean {
  return (
    Number.isSafeInteger(offsetBytes) &&
    Number.isSafeInteger(lengthBytes) &&
    offsetBytes >= 0 &&
    lengthBytes > 0
  );
}
