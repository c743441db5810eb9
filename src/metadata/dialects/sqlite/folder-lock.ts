import { join } from "node:path";
import Database from "libsql";
import { createPrivateFile } from "./private-file.ts";
import { failedPrecondition } from "../../../domain/errors.ts";
import { isBusy } from "./errors.ts";
import { REFUSED_UNLESS_WRITABLE } from "./writable.ts";

/** Name of the file that the lock is held on. It stays empty. */
export const LOCK_FILE = "lock.db";

/** A data folder that this process has. */
export interface FolderLock extends Disposable {
  /** False when there are readers beside this process: then nothing may change for them. */
  readonly isAlone: boolean;
  /** Lets others in that only read; they let this process stay, too. */
  letReadersIn(): void;
}

/**
 * Takes a data folder for this process, or says that another one has it; with `readOnly` it is enough that no other
 * writes. The lock is SQLite's own on a file beside the database: the operating system drops it with the process however
 * that dies, and it works wherever SQLite does.
 */
export function lockFolder(folder: string, readOnly = false): FolderLock {
  const path = join(folder, LOCK_FILE);
  createPrivateFile(path);
  const database = new Database(path);
  let isAlone = true;
  const share = (): void => {
    isAlone = false;
    if (database.inTransaction) database.exec("ROLLBACK");
    database.exec("BEGIN");
    database.exec("SELECT 1 FROM sqlite_master");
  };
  const taking = (take: () => void): void => {
    try {
      take();
    } catch (error) {
      database.close();
      throw isBusy(error) ? inUse(folder, readOnly) : error;
    }
  };
  taking(() => {
    try {
      // Nothing is ever committed, so nothing needs a journal beside it.
      database.exec("PRAGMA journal_mode = MEMORY");
      database.exec("BEGIN EXCLUSIVE");
      // A file that can't be written to is locked only for reading, without a word, and any number of servers can do that.
      database.exec(REFUSED_UNLESS_WRITABLE);
    } catch (error) {
      if (!readOnly || !isBusy(error)) throw error;
      share();
    }
  });
  return {
    get isAlone() {
      return isAlone;
    },
    letReadersIn: () => taking(share),
    [Symbol.dispose]() {
      if (!database.open) return;
      if (database.inTransaction) database.exec("ROLLBACK");
      database.close();
    },
  };
}

function inUse(folder: string, readOnly: boolean): Error {
  return failedPrecondition(
    "DATA_FOLDER_IN_USE",
    readOnly
      ? `The data folder ${folder} is in use by another ModelBox server that writes to it; stop that one, or start it ` +
          "with read_only = true."
      : `The data folder ${folder} is in use by another ModelBox server; stop that one, or choose another folder.`,
    { folder },
  );
}
