import type { ListedObject } from "../../domain/blob-store.ts";
import { isKey } from "../keys.ts";
import { systemCode } from "./errors.ts";
import type { FileSystem } from "./file-system.ts";
import { TEMPORARY_FOLDER, type BlobPaths } from "./paths.ts";

/** All objects whose key begins with the prefix; folders that can't have any are not looked into. */
export async function* listObjects(
  files: FileSystem,
  paths: BlobPaths,
  prefix: string,
): AsyncIterable<ListedObject> {
  yield* listFolder(files, paths, "", prefix);
}

async function* listFolder(
  files: FileSystem,
  paths: BlobPaths,
  folderKey: string,
  prefix: string,
): AsyncIterable<ListedObject> {
  const folder = folderKey === "" ? paths.baseDir : paths.object(folderKey);
  try {
    for await (const { name, isFolder } of files.entries(folder)) {
      const key = folderKey === "" ? name : `${folderKey}/${name}`;
      // What is no key was put there by somebody else, for example "lost+found".
      if (key === TEMPORARY_FOLDER || !isKey(key)) continue;
      if (isFolder && (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`))) {
        yield* listFolder(files, paths, key, prefix);
      }
      if (!isFolder && key.startsWith(prefix)) yield* listFile(files, paths, key);
    }
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}

/** Nothing when the object was deleted meanwhile. */
async function* listFile(files: FileSystem, paths: BlobPaths, key: string): AsyncIterable<ListedObject> {
  try {
    const { sizeBytes, modifiedAtMs, isFile } = await files.stat(paths.object(key));
    if (isFile) yield { key, sizeBytes, modifiedAt: Math.round(modifiedAtMs * 1000) };
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
  }
}
