import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { ObjectNotFoundError } from "../../domain/blob-store.ts";
import { eachLimited } from "../../domain/each-limited.ts";
import { storageError, systemCode } from "./errors.ts";
import type { FileStat, FileSystem } from "./file-system.ts";
import type { BlobPaths } from "./paths.ts";

/**
 * Files and folders that are flushed at the same time. Each keeps one of the runtime's threads waiting for the disk, and
 * there are as many as cores: the others must stay free for those who open, read and write.
 */
const MAX_PARALLEL_FLUSHES = Math.min(4, Math.max(1, Math.floor(availableParallelism() / 2)));

/** What the system says of folders that can't be flushed by this user, or not at all. */
const NOT_OURS = new Set(["EACCES", "EPERM", "EROFS", "EINVAL", "ENOENT"]);

/**
 * Puts files on stable storage, then all folders on the way to them, each once. Folders come after the files: most
 * file systems have written them with the files by then, and that makes their turn cheap. Returns the keys of files from
 * before `openedAtMs`.
 */
export async function flushFiles(
  files: FileSystem,
  paths: BlobPaths,
  keys: readonly string[],
  openedAtMs: number,
): Promise<readonly string[]> {
  const earlier: string[] = [];
  try {
    await eachLimited(keys, MAX_PARALLEL_FLUSHES, async (key) => {
      const { modifiedAtMs } = await flushObject(files, paths, key);
      if (modifiedAtMs <= openedAtMs) earlier.push(key);
    });
    const folders = new Set(keys.flatMap((key) => paths.foldersOf(key)));
    // A folder of Windows can't be opened, and needs no flush.
    if (process.platform !== "win32")
      await eachLimited([...folders], MAX_PARALLEL_FLUSHES, async (folder) => {
        await flushOne(files, folder, "all");
      });
    return earlier;
  } catch (error) {
    throw storageError(error);
  }
}

async function flushObject(files: FileSystem, paths: BlobPaths, key: string): Promise<FileStat> {
  try {
    return await flushOne(files, paths.object(key), "data");
  } catch (error) {
    if (systemCode(error) === "ENOENT") throw new ObjectNotFoundError(key, { cause: error });
    throw error;
  }
}

async function flushOne(files: FileSystem, path: string, what: "data" | "all"): Promise<FileStat> {
  // Windows flushes only what is open for writing.
  const file = await files.open(path, what === "data" && process.platform === "win32" ? "r+" : "r");
  try {
    try {
      await (what === "data" ? file.syncData() : file.sync());
    } catch (error) {
      // A file system that has no such thing as a flush of a folder says so.
      if (what === "data" || systemCode(error) !== "EINVAL") throw error;
    }
    return await file.stat();
  } finally {
    await file.close();
  }
}

/**
 * Makes the folder itself survive power failure: its name is in the one above it, and so on. Folders that this user may not
 * open were there before.
 */
export async function flushAbove(files: FileSystem, folder: string): Promise<void> {
  if (process.platform === "win32") return;
  for (let above = dirname(folder); ; above = dirname(above)) {
    try {
      await flushOne(files, above, "all");
    } catch (error) {
      if (!NOT_OURS.has(systemCode(error) ?? "")) throw error;
    }
    if (above === dirname(above)) return;
  }
}
