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
import { requireKey } from "../keys.ts";
import { streamOf } from "../read-stream.ts";
import { bytesOf, writeBy } from "../whole-bytes.ts";

interface StoredObject {
  readonly bytes: Uint8Array;
  readonly modifiedAt: number;
}

/** Objects in memory; for tests and for trying things out. */
export class MemoryBlobStore implements BlobStore {
  readonly #objects = new Map<string, StoredObject>();
  readonly #open = new Set<string>();

  /** Keys of writers and readers that are not disposed; tests expect none at their end. */
  get openKeys(): readonly string[] {
    return [...this.#open];
  }

  async openWriter(key: string, { sizeBytes }: WriteOptions): Promise<BlobWriter> {
    requireKey(key);
    return new MemoryWriter(key, sizeBytes, this.#objects, this.#open);
  }

  async flush(keys: readonly string[]): Promise<readonly string[]> {
    for (const key of keys) this.#find(key);
    return [];
  }

  async read(key: string, range?: ReadRange): Promise<ReadableStream<Uint8Array>> {
    return streamOf(await this.openReader(key), range);
  }

  async openReader(key: string): Promise<BlobReader> {
    const { bytes } = this.#find(key);
    const open = this.#open;
    const handle = `${key}#${crypto.randomUUID()}`;
    open.add(handle);
    return {
      sizeBytes: bytes.byteLength,
      async read(into, offsetBytes) {
        if (offsetBytes + into.byteLength > bytes.byteLength) throw new ObjectTruncatedError(key);
        into.set(bytes.subarray(offsetBytes, offsetBytes + into.byteLength));
      },
      async [Symbol.asyncDispose]() {
        open.delete(handle);
      },
    };
  }

  async readBytes(key: string, range: ReadRange): Promise<Uint8Array<ArrayBuffer>> {
    return bytesOf(await this.openReader(key), range);
  }

  async writeBytes(key: string, bytes: Uint8Array, sha256: string): Promise<void> {
    await writeBy(await this.openWriter(key, { sizeBytes: bytes.byteLength, sha256 }), bytes);
  }

  async stat(key: string): Promise<ObjectStat | undefined> {
    requireKey(key);
    const found = this.#objects.get(key);
    return found && { sizeBytes: found.bytes.byteLength };
  }

  async delete(key: string): Promise<void> {
    requireKey(key);
    this.#objects.delete(key);
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    for (const [key, { bytes, modifiedAt }] of this.#objects) {
      if (key.startsWith(prefix)) yield { key, sizeBytes: bytes.byteLength, modifiedAt };
    }
  }

  async check(): Promise<void> {
    // Memory is always there.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#objects.clear();
  }

  #find(key: string): StoredObject {
    requireKey(key);
    const found = this.#objects.get(key);
    if (found === undefined) throw new ObjectNotFoundError(key);
    return found;
  }
}

class MemoryWriter implements BlobWriter {
  readonly #key: string;
  readonly #bytes: Uint8Array;
  readonly #objects: Map<string, StoredObject>;
  readonly #open: Set<string>;
  readonly #handle: string;
  #writtenBytes = 0;

  constructor(key: string, sizeBytes: number, objects: Map<string, StoredObject>, open: Set<string>) {
    this.#key = key;
    this.#bytes = new Uint8Array(sizeBytes);
    this.#objects = objects;
    this.#open = open;
    this.#handle = `${key}#${crypto.randomUUID()}`;
    open.add(this.#handle);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#requireOpen();
    if (this.#writtenBytes + bytes.byteLength > this.#bytes.byteLength) {
      throw new Error(`more than ${this.#bytes.byteLength} bytes were written`);
    }
    this.#bytes.set(bytes, this.#writtenBytes);
    this.#writtenBytes += bytes.byteLength;
  }

  async commit(): Promise<void> {
    this.#requireOpen();
    if (this.#writtenBytes !== this.#bytes.byteLength) {
      throw new Error(`${this.#writtenBytes} bytes were written instead of ${this.#bytes.byteLength}`);
    }
    this.#objects.set(this.#key, { bytes: this.#bytes, modifiedAt: Date.now() * 1000 });
    this.#open.delete(this.#handle);
  }

  async cancel(): Promise<void> {
    this.#open.delete(this.#handle);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cancel();
  }

  #requireOpen(): void {
    if (!this.#open.has(this.#handle)) throw new Error("the writer is closed");
  }
}
