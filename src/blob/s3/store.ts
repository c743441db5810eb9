import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";
import {
  ObjectNotFoundError,
  ObjectTruncatedError,
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type ListedObject,
  type ObjectStat,
  type ReadRange,
  type WriteOptions,
} from "../../domain/blob-store.ts";
import { eachLimited } from "../../domain/each-limited.ts";
import { streamOf } from "../read-stream.ts";
import { bytesOf, writeBy } from "../whole-bytes.ts";
import { SettingError } from "../setting-error.ts";
import { BufferPool } from "./buffer-pool.ts";
import { S3DirectTransfer } from "./direct.ts";
import { problemOf, storageError } from "./errors.ts";
import { removeLeftovers } from "./leftovers.ts";
import { ObjectNames } from "./object-names.ts";
import { probeDirect } from "./probe-direct.ts";
import { DEFAULT_BUFFER_BYTES, type S3BlobStoreOptions } from "./options.ts";
import { S3Reader, sizeOf } from "./reader.ts";
import { S3Requests } from "./requests.ts";
import { probeWrite, settingError } from "./settings.ts";
import { S3Writer } from "./writer.ts";

/** Objects that one flush looks at, at the same time. */
const MAX_PARALLEL_LOOKUPS = 16;
/** Objects that this process has stored, which need no second look. */
const MAX_REMEMBERED_NAMES = 65_536;

/** Objects in a bucket; object-names.ts draws the tree. A write that has succeeded is on stable storage. */
export class S3BlobStore implements BlobStore {
  readonly #requests: S3Requests;
  readonly #names: ObjectNames;
  readonly #partSizeBytes: number;
  readonly #buffers: BufferPool;
  readonly #stored = new Set<string>();

  private constructor(requests: S3Requests, names: ObjectNames, options: S3BlobStoreOptions) {
    this.#requests = requests;
    this.#names = names;
    this.#partSizeBytes = options.partSizeBytes;
    this.#buffers = new BufferPool(options.bufferBytes ?? DEFAULT_BUFFER_BYTES);
  }

  /**
   * Tries out that the bucket can be listed, written to and read from, and aborts what writers of earlier processes left
   * behind. Throws SettingError.
   */
  static async open(options: S3BlobStoreOptions): Promise<S3BlobStore> {
    const names = new ObjectNames(options.prefix);
    const requests = new S3Requests(options, await certificates(options.caFile));
    try {
      if (options.isBeside === true) await requests.listOnce(names.prefix, "", 1);
      else {
        await probeWrite(requests, names);
        await removeLeftovers(requests, names);
      }
    } catch (error) {
      await requests[Symbol.asyncDispose]();
      throw settingError(error, options);
    }
    return new S3BlobStore(requests, names, options);
  }

  /** For clients that move bytes themselves. Throws SettingError when the store does not check what they put. */
  async openDirect(options: S3BlobStoreOptions): Promise<S3DirectTransfer> {
    const { bucket, region, caFile } = options;
    const requests = this.#requests;
    const names = this.#names;
    const stored = (name: string): void => this.#remember(name);
    const direct = new S3DirectTransfer({ requests, names, bucket, region, stored });
    try {
      await probeDirect(direct, requests, names, await certificates(caFile));
    } catch (error) {
      throw settingError(error, options);
    }
    return direct;
  }

  /** What writers and readers hold: requests that have not ended, and bytes. Nothing once all have ended. */
  get held(): { readonly requests: number; readonly bytes: number } {
    return { requests: this.#requests.runningCount, bytes: this.#buffers.usedBytes };
  }

  async openWriter(key: string, { sizeBytes, sha256 }: WriteOptions): Promise<BlobWriter> {
    const name = this.#names.object(key);
    return new S3Writer({
      requests: this.#requests,
      buffers: this.#buffers,
      name,
      sizeBytes,
      sha256,
      partSizeBytes: this.#partSizeBytes,
      committed: () => this.#remember(name),
    });
  }

  async flush(keys: readonly string[]): Promise<readonly string[]> {
    const unknown = [...new Set(keys)].filter((key) => !this.#stored.has(this.#names.object(key)));
    await eachLimited(unknown, MAX_PARALLEL_LOOKUPS, async (key) => {
      if ((await this.stat(key)) === undefined) throw new ObjectNotFoundError(key);
    });
    return [];
  }

  async read(key: string, range?: ReadRange): Promise<ReadableStream<Uint8Array>> {
    return streamOf(await S3Reader.open(this.#requests, key, this.#names.object(key), range), range);
  }

  async openReader(key: string): Promise<BlobReader> {
    return S3Reader.open(this.#requests, key, this.#names.object(key));
  }

  async readBytes(key: string, range: ReadRange): Promise<Uint8Array<ArrayBuffer>> {
    const begin = range.offsetBytes;
    const end = begin + range.lengthBytes;
    // A request can't ask for no bytes.
    if (begin === end) return bytesOf(await this.openReader(key), range);
    try {
      const { bytes, sizeBytes } = await this.#requests.getBytes(this.#names.object(key), { begin, end });
      if (sizeBytes < end) throw new ObjectTruncatedError(key);
      return bytes;
    } catch (error) {
      if (error instanceof ObjectTruncatedError) throw error;
      if (problemOf(error) === "absent") throw new ObjectNotFoundError(key, { cause: error });
      if (problemOf(error) === "outside") throw new ObjectTruncatedError(key, { cause: error });
      throw storageError(error);
    }
  }

  /** Beyond a part's size it goes as a writer sends it. */
  async writeBytes(key: string, bytes: Uint8Array, sha256: string): Promise<void> {
    if (bytes.byteLength > this.#partSizeBytes)
      return writeBy(await this.openWriter(key, { sizeBytes: bytes.byteLength, sha256 }), bytes);
    const name = this.#names.object(key);
    try {
      await this.#requests.put(name, bytes, sha256);
    } catch (error) {
      // The answer may have been lost; an object that nobody names is no harm, so once is enough.
      await this.#requests.deleteOnce(name).catch(() => undefined);
      throw storageError(error);
    }
    this.#remember(name);
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    const sizeBytes = await sizeOf(this.#requests, this.#names.object(key));
    return sizeBytes === undefined ? undefined : { sizeBytes };
  }

  async delete(key: string): Promise<void> {
    const name = this.#names.object(key);
    this.#stored.delete(name);
    try {
      await this.#requests.delete(name);
    } catch (error) {
      if (problemOf(error) !== "absent") throw storageError(error);
    }
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    for (let token = "", isLast = false; !isLast;) {
      const page = await this.#page(prefix, token);
      for (const { name, sizeBytes, modifiedAt } of page.objects) {
        const key = this.#names.keyOf(name);
        if (key !== undefined) yield { key, sizeBytes, modifiedAt: modifiedAt.getTime() * 1000 };
      }
      token = page.next;
      isLast = token === "";
    }
  }

  /** Only looks: readiness is asked for often, and every write would stay in a bucket that keeps versions. */
  async check(): Promise<void> {
    try {
      await this.#requests.listOnce(this.#names.prefix, "", 1);
    } catch (error) {
      throw storageError(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#requests[Symbol.asyncDispose]();
  }

  async #page(prefix: string, token: string): ReturnType<S3Requests["list"]> {
    try {
      return await this.#requests.list(this.#names.prefix + prefix, token);
    } catch (error) {
      throw storageError(error);
    }
  }

  #remember(name: string): void {
    this.#stored.add(name);
    for (const oldest of this.#stored) {
      if (this.#stored.size <= MAX_REMEMBERED_NAMES) return;
      this.#stored.delete(oldest);
    }
  }
}

/** The usual ones and those of the file; undefined for the usual ones alone. */
async function certificates(file: string): Promise<readonly string[] | undefined> {
  if (file === "") return undefined;
  try {
    return [...rootCertificates, await readFile(file, "utf8")];
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new SettingError(
      "ca_file",
      `${file} can't be read (${detail}); make it readable, or name another.`,
      {
        cause: error,
      },
    );
  }
}
