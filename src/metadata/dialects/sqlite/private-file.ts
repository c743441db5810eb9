import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { join } from "node:path";
import { dataFolderUnusable } from "./errors.ts";

/** Makes an empty file that only its owner may read. SQLite gives the files beside a database the same mode. */
export function createPrivateFile(path: string): void {
  if (!existsSync(path)) closeSync(openSync(path, "a", 0o600));
}

/** Refuses a folder or a device, of which SQLite says nothing that helps. */
export function requireFileOrNothing(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined || found.isFile()) return;
  throw dataFolderUnusable(
    found.isDirectory()
      ? `${path} is a folder; name a file in it, for example ${join(path, "metadata.db")}.`
      : `${path} is not an ordinary file; name a file in a folder of its own.`,
  );
}
