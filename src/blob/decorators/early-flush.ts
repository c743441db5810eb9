import {
  ObjectNotFoundError,
  type BlobStore,
  type BlobWriter,
  type WriteOptions,
} from "../../domain/blob-store.ts";
import { afterCommit, ForwardingBlobStore } from "./forward.ts";

/** Objects that one flush in the background takes at most. */
const MAX_GROUP_KEYS = 32;
/** Flushed objects that are remembered; one that is forgotten is flushed again, which is cheap. */
const MAX_REMEMBERED_KEYS = 65_536;
/** Failures that are remembered, the oldest go first. */
const MAX_REMEMBERED_FAILURES = 65_536;

/**
 * Begins to flush each object when it is committed, so that the flush that a caller waits for finds little left to do.
 * What can't be flushed stays bad: the system forgets bytes that it could not write, and a second flush would not say so.
 */
export function earlyFlush(inner: BlobStore): BlobStore {
  return new EarlyFlushBlobStore(inner);
}

class EarlyFlushBlobStore extends ForwardingBlobStore {
  readonly #waiting = new Map<string, PromiseWithResolvers<void>>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #flushed = new Set<string>();
  readonly #failed = new Map<string, unknown>();
  #loop: Promise<void> | undefined;

  override async openWriter(key: string, options: WriteOptions): Promise<BlobWriter> {
    const writer = await this.inner.openWriter(key, options);
    return afterCommit(writer, () => this.#enqueue(key));
  }

  override async writeBytes(key: string, bytes: Uint8Array, sha256: string): Promise<void> {
    await this.inner.writeBytes(key, bytes, sha256);
    this.#enqueue(key);
  }

  override async flush(keys: readonly string[]): Promise<readonly string[]> {
    const begun: Promise<unknown>[] = keys.flatMap(
      (key) => this.#waiting.get(key)?.promise ?? this.#running.get(key) ?? [],
    );
    const rest = [...new Set(keys)].filter(
      (key) => !this.#flushed.has(key) && !this.#waiting.has(key) && !this.#running.has(key),
    );
    for (const key of rest) {
      if (this.#failed.has(key)) throw this.#failed.get(key);
    }
    // What this process has written is only among those that it has begun to flush itself.
    let earlier: readonly string[] = [];
    if (rest.length > 0)
      begun.push(
        this.#flushNow(rest).then((doubtful) => {
          earlier = doubtful;
        }),
      );
    const results = await Promise.allSettled(begun);
    for (const result of results) if (result.status === "rejected") throw result.reason;
    return earlier;
  }

  override async delete(key: string): Promise<void> {
    this.#flushed.delete(key);
    this.#waiting.get(key)?.reject(new ObjectNotFoundError(key));
    this.#waiting.delete(key);
    await this.inner.delete(key);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop;
    await this.inner[Symbol.asyncDispose]();
  }

  #enqueue(key: string): void {
    const flushed = Promise.withResolvers<void>();
    // Whoever asks for this key is told; nobody may ask.
    flushed.promise.catch(() => undefined);
    this.#waiting.set(key, flushed);
    this.#loop ??= this.#drain();
  }

  async #drain(): Promise<void> {
    while (this.#waiting.size > 0) {
      const group = [...this.#waiting].slice(0, MAX_GROUP_KEYS);
      const keys = group.map(([key]) => key);
      const flushing = this.#flushNow(keys);
      for (const [key, flushed] of group) {
        this.#waiting.delete(key);
        this.#running.set(key, flushed.promise);
      }
      const error = await failureOf(flushing);
      await this.#forget(keys.filter((key) => this.#failed.has(key)));
      for (const [key, flushed] of group) {
        this.#running.delete(key);
        if (error === undefined || this.#flushed.has(key)) flushed.resolve();
        else flushed.reject(error);
      }
    }
    this.#loop = undefined;
  }

  /** What was deleted meanwhile fails alone; what storage could not take fails with all that was flushed with it. */
  async #flushNow(keys: readonly string[]): Promise<readonly string[]> {
    const rest = new Set(keys);
    let absent: ObjectNotFoundError | undefined;
    let doubtful: readonly string[] = [];
    while (rest.size > 0) {
      try {
        doubtful = await this.inner.flush([...rest]);
        break;
      } catch (error) {
        if (!(error instanceof ObjectNotFoundError) || !rest.delete(error.key)) {
          for (const key of rest) remember(this.#failed, key, error);
          throw error;
        }
        absent = error;
      }
    }
    // What must be looked at is asked for again, by each who needs it.
    for (const key of doubtful) rest.delete(key);
    for (const key of rest) this.#flushed.add(key);
    shrink(this.#flushed, MAX_REMEMBERED_KEYS);
    if (absent !== undefined) throw absent;
    return doubtful;
  }

  /**
   * Removes what could not be flushed when it was new, and so is nobody's yet: the next process would not learn that from the
   * system, and rely on it. What was there before may have been flushed once, and be relied on.
   */
  async #forget(keys: Iterable<string>): Promise<void> {
    for (const key of keys) await failureOf(this.inner.delete(key));
  }
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

function remember(failures: Map<string, unknown>, key: string, error: unknown): void {
  failures.set(key, error);
  shrink(failures, MAX_REMEMBERED_FAILURES);
}

/** Drops the oldest entries: sets and maps keep the order in which they were filled. */
function shrink(collection: Set<string> | Map<string, unknown>, limit: number): void {
  for (const key of collection.keys()) {
    if (collection.size <= limit) return;
    collection.delete(key);
  }
}
