import type {
  BlobReader,
  BlobStore,
  BlobWriter,
  ListedObject,
  ObjectStat,
  NewArray,
  ReadRange,
  WriteOptions,
} from "../../domain/blob-store.ts";

/** Passes everything on; decorators replace what they change. */
export class ForwardingBlobStore implements BlobStore {
  protected readonly inner: BlobStore;

  constructor(inner: BlobStore) {
    this.inner = inner;
  }

  openWriter(key: string, options: WriteOptions): Promise<BlobWriter> {
    return this.inner.openWriter(key, options);
  }

  flush(keys: readonly string[]): Promise<readonly string[]> {
    return this.inner.flush(keys);
  }

  read(key: string, range?: ReadRange): Promise<ReadableStream<Uint8Array>> {
    return this.inner.read(key, range);
  }

  openReader(key: string): Promise<BlobReader> {
    return this.inner.openReader(key);
  }

  readBytes(key: string, range: ReadRange, newArray?: NewArray): Promise<Uint8Array<ArrayBuffer>> {
    return this.inner.readBytes(key, range, newArray);
  }

  writeBytes(key: string, bytes: Uint8Array, sha256: string): Promise<void> {
    return this.inner.writeBytes(key, bytes, sha256);
  }

  stat(key: string): Promise<ObjectStat | undefined> {
    return this.inner.stat(key);
  }

  delete(key: string): Promise<void> {
    return this.inner.delete(key);
  }

  list(prefix: string): AsyncIterable<ListedObject> {
    return this.inner.list(prefix);
  }

  check(): Promise<void> {
    return this.inner.check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.inner[Symbol.asyncDispose]();
  }
}

/** A writer that does something more once its object is there. */
export function afterCommit(writer: BlobWriter, committed: () => void): BlobWriter {
  return {
    write: (bytes) => writer.write(bytes),
    async commit() {
      await writer.commit();
      committed();
    },
    cancel: () => writer.cancel(),
    [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
  };
}
