/** The client of a ModelBox server: typed calls, and transfer of files. What it throws is in errors.ts. */
export { createModelBoxClient, type ModelBoxClient } from "./model-box-client.ts";
export type { TransferProgress } from "./transfer/progress.ts";
export { upload, type UploadedFiles, type UploadResult } from "./upload/upload.ts";
export { download } from "./download/download.ts";
export { watchChanges } from "./watch.ts";
export { openCache } from "./cache/open-cache.ts";
export type { ChunkCache } from "./cache/chunk-cache.ts";
export { parseServerAddress } from "./server-address.ts";
export { isLoopback } from "./transfer/server-facts.ts";
