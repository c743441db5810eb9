import type { BlobStore } from "../domain/blob-store.ts";
import type { DirectTransfer } from "../domain/direct-transfer.ts";
import { earlyFlush } from "./decorators/early-flush.ts";
import { MemoryBlobStore } from "./memory/store.ts";
import { FilesystemBlobStore, type FilesystemBlobStoreOptions } from "./filesystem/store.ts";
import type { S3BlobStoreOptions } from "./s3/options.ts";

export { observed as observedBlobStore } from "./decorators/observed.ts";
export type { FilesystemBlobStoreOptions } from "./filesystem/store.ts";
export { SettingError } from "./setting-error.ts";
export type { S3BlobStoreOptions } from "./s3/options.ts";

/** Objects in a folder, flushed from the moment they are whole. Throws DomainError when the folder can't be used. */
export async function createFilesystemBlobStore(options: FilesystemBlobStoreOptions): Promise<BlobStore> {
  return earlyFlush(await FilesystemBlobStore.open(options));
}

/**
 * Objects in a bucket. Throws SettingError when it can't be used. The client for S3 is loaded here and nowhere else: it
 * takes 30 ms and 25 MB that nobody without a bucket should pay for.
 */
export async function createS3BlobStore(options: S3BlobStoreOptions): Promise<BlobStore> {
  const { S3BlobStore } = await import("./s3/store.ts");
  return S3BlobStore.open(options);
}

/** As createS3BlobStore, with addresses for clients that move bytes themselves. */
export async function createDirectS3BlobStore(
  options: S3BlobStoreOptions,
): Promise<{ readonly blobs: BlobStore; readonly direct: DirectTransfer }> {
  const { S3BlobStore } = await import("./s3/store.ts");
  const blobs = await S3BlobStore.open(options);
  try {
    return { blobs, direct: await blobs.openDirect(options) };
  } catch (error) {
    await blobs[Symbol.asyncDispose]();
    throw error;
  }
}

/** Objects in memory, gone with the process. */
export function createMemoryBlobStore(): BlobStore {
  return new MemoryBlobStore();
}
