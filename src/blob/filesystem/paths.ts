import { join } from "node:path";
import { requireKey } from "../keys.ts";

/**
 * Where things are below `base_dir`. Everything has mode 0700 or 0600: only the server's user may look.
 *
 *   base_dir/
 *     tmp/
 *       <uuid>                          an object that is being written; a crash leaves it, the next start removes it
 *     chunks/ab/
 *       <sha256>.<generation>           a whole object: its key (domain/object-keys.ts) is its path
 */
export class BlobPaths {
  readonly baseDir: string;
  readonly temporary: string;

  constructor(baseDir: string) {
    this.baseDir = baseDir;
    this.temporary = join(baseDir, "tmp");
  }

  object(key: string): string {
    requireKey(key);
    return join(this.baseDir, ...key.split("/"));
  }

  temporaryFile(id: string): string {
    return join(this.temporary, id);
  }

  /** The folders between an object and `base_dir`, both left out and put in, the nearest first. */
  foldersOf(key: string): readonly string[] {
    requireKey(key);
    const parts = key.split("/").slice(0, -1);
    return [...parts.keys(), parts.length]
      .reverse()
      .map((depth) => join(this.baseDir, ...parts.slice(0, depth)));
  }
}

export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;
/** The folder of objects that are being written; no key begins with it. */
export const TEMPORARY_FOLDER = "tmp";
