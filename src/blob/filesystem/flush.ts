import { availableParallelism } from "node:os";
import { ObjectNotFoundError } from "../../domain/blob-store.ts";
import { eachLimited } from "../../domain/each-limited.ts";
import { storageError, systemCode } from "./errors.ts";
import type { FileSystem } from "./file-system.ts";
import type { BlobPaths } from "./paths.ts";

/**
 * Files and folders that are flushed at the same time. Each keeps one of the runtime's threads waiting for the disk, and
 * there are as many as cores: the others must stay free for those who open, read and write.
 */
const MAX_PARALLEL_FLUSHES = Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)));

/**
 * Puts files on stable storage, then all folders on the way to them, each once. Folders come after the files: most
 * file systems have written them with the files by then, and that makes their turn cheap.
 */
export async function flushFiles(
  files: FileSystem,
  paths: BlobPaths,
  keys: readonly string[],
): Promise<void> {
  try {
    await eachLimited(keys, MAX_PARALLEL_FLUSHES, (key) => flushObject(files, paths, key));
    const folders = new Set(keys.flatMap((key) => paths.foldersOf(key)));
    // A folder of Windows can't be opened, and needs no flush.
    if (process.platform === "win32") return;
    await eachLimited([...folders], MAX_PARALLEL_FLUSHES, (folder) => flushOne(files, folder, "all"));
  } catch (error) {
    throw storageError(error);
  }
}

async function flushObject(files: FileSystem, paths: BlobPaths, key: string): Promise<void> {
  try {
    await flushOne(files, paths.object(key), "data");
  } catch (error) {
    if (systemCode(error) === "ENOENT") throw new ObjectNotFoundError(key, { cause: error });
    throw error;
  }
}

async function flushOne(files: FileSystem, path: string, what: "data" | "all"): Promise<void> {
  // Windows flushes only what is open for writing.
  const file = await files.open(path, what === "data" && process.platform === "win32" ? "r+" : "r");
  try {
    await (what === "data" ? file.syncData() : file.sync());
  } catch (error) {
    // A file system that has no such thing as a flush of a folder says so.
    if (what === "data" || systemCode(error) !== "EINVAL") throw error;
  } finally {
    await file.close();
  }
}
