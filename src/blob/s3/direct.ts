import type { DirectTransfer, StagedChunk, UploadAddress } from "../../domain/direct-transfer.ts";
import { ObjectNotFoundError } from "../../domain/blob-store.ts";
import { codeOf, problemOf, storageError } from "./errors.ts";
import { discardStaged } from "./leftovers.ts";
import type { ObjectNames } from "./object-names.ts";
import { presign } from "./presign.ts";
import type { S3Requests } from "./requests.ts";

const CHECKSUM_HEADER = "x-amz-checksum-sha256";
/** Longest answer to a copy that is read. */
const MAX_COPY_ANSWER_BYTES = 64 * 1024;

export interface S3DirectTransferOptions {
  readonly requests: S3Requests;
  readonly names: ObjectNames;
  readonly bucket: string;
  readonly region: string;
  /** Called with the name of an object that is on stable storage. */
  readonly stored: (name: string) => void;
}

/** Signed addresses of a bucket; object-names.ts draws where they lead. */
export class S3DirectTransfer implements DirectTransfer {
  readonly #options: S3DirectTransferOptions;

  constructor(options: S3DirectTransferOptions) {
    this.#options = options;
  }

  async uploadAddress(chunk: StagedChunk, sizeBytes: number, lifeSeconds: number): Promise<UploadAddress> {
    const { requests, names } = this.#options;
    const headers = { ...requests.writeHeaders, [CHECKSUM_HEADER]: base64(chunk.digest) };
    const signed = { ...headers, "content-length": String(sizeBytes) };
    return { url: await this.#address("PUT", names.staged(chunk), signed, lifeSeconds), headers };
  }

  downloadAddress(key: string, lifeSeconds: number): Promise<string> {
    return this.#address("GET", this.#options.names.object(key), {}, lifeSeconds);
  }

  async stagedSize(chunk: StagedChunk): Promise<number | undefined> {
    const { requests, names } = this.#options;
    const headers = { "x-amz-checksum-mode": "ENABLED" };
    try {
      const answer = await requests.retried(() => requests.ask("HEAD", names.staged(chunk), headers));
      answer.resume();
      if (answer.headers[CHECKSUM_HEADER] !== base64(chunk.digest)) return undefined;
      return Number(answer.headers["content-length"]);
    } catch (error) {
      // The answer to HEAD has no body, and so no code that says what is not there.
      if (problemOf(error) === "absent" || codeOf(error) === "NotFound") return undefined;
      throw storageError(error);
    }
  }

  async accept(chunk: StagedChunk, key: string): Promise<void> {
    const name = this.#options.names.object(key);
    try {
      await this.copy(this.#options.names.staged(chunk), name);
    } catch (error) {
      if (problemOf(error) === "absent") throw new ObjectNotFoundError(key, { cause: error });
      throw storageError(error);
    }
    this.#options.stored(name);
  }

  /** Copies an object within the bucket. */
  async copy(from: string, to: string): Promise<void> {
    const { requests, bucket } = this.#options;
    const headers = { ...requests.writeHeaders, "x-amz-copy-source": `/${bucket}/${from}` };
    await requests.retried(async () => {
      const answer = await requests.ask("PUT", to, headers);
      const pieces: Buffer[] = [];
      let readBytes = 0;
      for await (const piece of answer as AsyncIterable<Buffer>) {
        readBytes += piece.byteLength;
        if (readBytes <= MAX_COPY_ANSWER_BYTES) pieces.push(piece);
      }
      // A copy that failed on the way has the status of one that did not.
      const text = Buffer.concat(pieces).toString("utf8");
      if (!text.includes("<CopyObjectResult")) throw new Error("the object store did not finish a copy");
    });
  }

  async discard(chunk: StagedChunk): Promise<void> {
    const { requests, names } = this.#options;
    try {
      await requests.delete(names.staged(chunk));
    } catch (error) {
      if (problemOf(error) !== "absent") throw storageError(error);
    }
  }

  async discardOlder(ageMs: number, signal?: AbortSignal): Promise<number> {
    try {
      return await discardStaged(this.#options.requests, this.#options.names, ageMs, signal);
    } catch (error) {
      throw storageError(error);
    }
  }

  async #address(
    method: "GET" | "PUT",
    name: string,
    headers: Readonly<Record<string, string>>,
    lifeSeconds: number,
  ): Promise<string> {
    const { requests, region } = this.#options;
    const { url, credentials } = await requests.address(method, name, lifeSeconds);
    // The client signs no headers; its address shows how the bucket is addressed.
    const plain = new URL(url);
    plain.search = "";
    return presign({
      method,
      url: plain,
      headers,
      expiresInSeconds: lifeSeconds,
      region,
      credentials,
      now: new Date(),
    });
  }
}

function base64(hexadecimal: string): string {
  return Buffer.from(hexadecimal, "hex").toString("base64");
}
