import {
  ObjectNotFoundError,
  type BlobReader,
  type BlobStore,
  type BlobWriter,
  type NewArray,
  type ReadRange,
  type WriteOptions,
} from "../../domain/blob-store.ts";
import { ForwardingBlobStore } from "./forward.ts";

export type BlobOperation = "write" | "flush" | "open" | "read" | "stat" | "delete" | "check";

/** Told of each operation once it has ended. A write lasts from its beginning to its commit. */
export type ObserveBlobs = (
  operation: BlobOperation,
  outcome: "ok" | "absent" | "error",
  seconds: number,
) => void;

/** Measures a store. */
export function observed(inner: BlobStore, observe: ObserveBlobs): BlobStore {
  return new ObservedBlobStore(inner, observe);
}

class ObservedBlobStore extends ForwardingBlobStore {
  readonly #observe: ObserveBlobs;

  constructor(inner: BlobStore, observe: ObserveBlobs) {
    super(inner);
    this.#observe = observe;
  }

  override async openWriter(key: string, options: WriteOptions): Promise<BlobWriter> {
    const begin = performance.now();
    const end = this.#ender("write", begin);
    const writer = await this.#watched(() => this.inner.openWriter(key, options), end, "failures");
    return {
      write: (bytes) => this.#watched(() => writer.write(bytes), end, "failures"),
      commit: () => this.#watched(() => writer.commit(), end, "all"),
      cancel: () => writer.cancel(),
      [Symbol.asyncDispose]: () => writer[Symbol.asyncDispose](),
    };
  }

  override flush(keys: readonly string[]): Promise<readonly string[]> {
    return this.#measured("flush", () => this.inner.flush(keys));
  }

  override openReader(key: string): Promise<BlobReader> {
    return this.#measured("open", () => this.inner.openReader(key));
  }

  override readBytes(key: string, range: ReadRange, newArray?: NewArray): Promise<Uint8Array<ArrayBuffer>> {
    return this.#measured("read", () => this.inner.readBytes(key, range, newArray));
  }

  override writeBytes(key: string, bytes: Uint8Array, sha256: string): Promise<void> {
    return this.#measured("write", () => this.inner.writeBytes(key, bytes, sha256));
  }

  override stat(key: string): ReturnType<BlobStore["stat"]> {
    return this.#measured("stat", () => this.inner.stat(key));
  }

  override delete(key: string): Promise<void> {
    return this.#measured("delete", () => this.inner.delete(key));
  }

  override check(): Promise<void> {
    return this.#measured("check", () => this.inner.check());
  }

  #measured<T>(operation: BlobOperation, work: () => Promise<T>): Promise<T> {
    return this.#watched(work, this.#ender(operation, performance.now()), "all");
  }

  #ender(operation: BlobOperation, begin: number): (error?: unknown) => void {
    let ended = false;
    return (error) => {
      if (ended) return;
      ended = true;
      const outcome = error === undefined ? "ok" : error instanceof ObjectNotFoundError ? "absent" : "error";
      this.#observe(operation, outcome, (performance.now() - begin) / 1000);
    };
  }

  async #watched<T>(
    work: () => Promise<T>,
    end: (error?: unknown) => void,
    what: "all" | "failures",
  ): Promise<T> {
    try {
      const result = await work();
      if (what === "all") end();
      return result;
    } catch (error) {
      end(error);
      throw error;
    }
  }
}
