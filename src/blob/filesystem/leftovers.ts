import { systemCode } from "./errors.ts";
import type { FileSystem } from "./file-system.ts";
import type { BlobPaths } from "./paths.ts";

/** Removes temporary files from before `startedAtMs`: their writers are gone. */
export async function removeLeftovers(
  files: FileSystem,
  paths: BlobPaths,
  startedAtMs: number,
): Promise<void> {
  for await (const { name, isFolder } of files.entries(paths.temporary)) {
    if (isFolder) continue;
    const path = paths.temporaryFile(name);
    try {
      if ((await files.stat(path)).modifiedAtMs < startedAtMs) await files.unlink(path);
    } catch (error) {
      // Another process that starts at the same time may be quicker.
      if (systemCode(error) !== "ENOENT") throw error;
    }
  }
}
