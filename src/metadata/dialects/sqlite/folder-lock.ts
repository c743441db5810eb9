import { join } from "node:path";
import Database from "libsql";
import { createPrivateFile } from "./private-file.ts";
import { failedPrecondition } from "../../../domain/errors.ts";
import { isBusy } from "./errors.ts";
import { REFUSED_UNLESS_WRITABLE } from "./writable.ts";

/** Name of the file that the lock is held on. It stays empty. */
export const LOCK_FILE = "lock.db";

/**
 * Takes a data folder for this process, or says that another server has it. The lock is SQLite's own on a file beside
 * the database: the operating system drops it with the process however that dies, and it works wherever SQLite does.
 */
export function lockFolder(folder: string): Disposable {
  const path = join(folder, LOCK_FILE);
  createPrivateFile(path);
  const database = new Database(path);
  try {
    // Nothing is ever committed, so nothing needs a journal beside it.
    database.exec("PRAGMA journal_mode = MEMORY");
    database.exec("BEGIN EXCLUSIVE");
    // A file that can't be written to is locked only for reading, without a word, and any number of servers can do that.
    database.exec(REFUSED_UNLESS_WRITABLE);
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    throw failedPrecondition(
      "DATA_FOLDER_IN_USE",
      `The data folder ${folder} is in use by another ModelBox server; stop that one, or choose another folder.`,
      { folder },
    );
  }
  return {
    [Symbol.dispose]() {
      if (!database.open) return;
      database.exec("ROLLBACK");
      database.close();
    },
  };
}
