import type { BlobStore } from "../domain/blob-store.ts";
import { earlyFlush } from "./decorators/early-flush.ts";
import { MemoryBlobStore } from "./memory/store.ts";
import { FilesystemBlobStore, type FilesystemBlobStoreOptions } from "./filesystem/store.ts";

export { observed as observedBlobStore } from "./decorators/observed.ts";
export type { FilesystemBlobStoreOptions } from "./filesystem/store.ts";

/** Objects in a folder, flushed from the moment they are whole. Throws DomainError when the folder can't be used. */
export async function createFilesystemBlobStore(options: FilesystemBlobStoreOptions): Promise<BlobStore> {
  return earlyFlush(await FilesystemBlobStore.open(options));
}

/** Objects in memory, gone with the process. */
export function createMemoryBlobStore(): BlobStore {
  return new MemoryBlobStore();
}
