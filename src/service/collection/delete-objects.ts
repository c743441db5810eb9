import type { BlobStore } from "../../domain/blob-store.ts";
import { eachLimited } from "../../domain/each-limited.ts";
import { MAX_PARALLEL_DELETES } from "./limits.ts";

/** Objects that could not be deleted: one must not keep all others from going. */
export class Undeleted {
  readonly #keys = new Set<string>();
  /** What the first failed with. */
  error: unknown;

  get count(): number {
    return this.#keys.size;
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  add(key: string, error: unknown): void {
    if (this.#keys.size === 0) this.error = error;
    this.#keys.add(key);
  }
}

/** Deletes objects, and notes those that could not be. */
export async function deleteObjects(
  blobs: BlobStore,
  keys: readonly string[],
  undeleted: Undeleted,
): Promise<void> {
  await eachLimited(keys, MAX_PARALLEL_DELETES, async (key) => {
    try {
      await blobs.delete(key);
    } catch (error) {
      undeleted.add(key, error);
    }
  });
}
