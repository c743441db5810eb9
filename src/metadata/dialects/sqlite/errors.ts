import { DomainError } from "../../../domain/errors.ts";

/** What SQLite says, while it opens a database, of a place that can't hold one. */
const UNUSABLE = ["SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_IOERR"] as const;

interface SqliteFailure {
  readonly message: string;
  readonly code: string;
}

/** The database's own error inside one that drizzle or libsql wrapped. */
export function sqliteFailure(error: unknown): SqliteFailure | undefined {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    const code = (inner as { readonly code?: unknown }).code;
    if (typeof code === "string" && code.startsWith("SQLITE_")) return { message: inner.message, code };
  }
  return undefined;
}

/** True when another connection holds the lock that is needed. */
export function isBusy(error: unknown): boolean {
  const code = sqliteFailure(error)?.code;
  return code !== undefined && (code.startsWith("SQLITE_BUSY") || code.startsWith("SQLITE_LOCKED"));
}

/** What callers of the store see instead of the database's own error. */
export function translateError(error: unknown, path: string): unknown {
  const failure = sqliteFailure(error);
  if (failure === undefined) return fileFailure(error, path) ?? error;
  const options = { cause: error };
  const { code } = failure;
  if (code.startsWith("SQLITE_CONSTRAINT_FOREIGNKEY")) {
    const message = "The object's parent is gone, or the object still has children; look again and retry.";
    return new DomainError("failed_precondition", "PARENT_OR_CHILD", message, options);
  }
  if (code.startsWith("SQLITE_FULL")) {
    const message = `The server's disk that holds ${path} is full; make room there, or ask its administrator, then try again.`;
    return new DomainError("resource_exhausted", "STORAGE_FULL", message, options);
  }
  if (code.startsWith("SQLITE_CORRUPT") || code.startsWith("SQLITE_NOTADB")) {
    const message = `The database ${path} is damaged (${failure.message}); restore it from a backup.`;
    return new DomainError("data_loss", "DATABASE_DAMAGED", message, options);
  }
  if (
    code.startsWith("SQLITE_READONLY") ||
    code.startsWith("SQLITE_CANTOPEN") ||
    code.startsWith("SQLITE_PERM")
  ) {
    const message = `The database ${path} can't be opened for writing; check the permissions of the file and its folder.`;
    return new DomainError("unavailable", "DATABASE_READ_ONLY", message, options);
  }
  if (isBusy(error) || code.startsWith("SQLITE_IOERR") || code.startsWith("SQLITE_INTERRUPT")) {
    const message = "The database did not answer in time; try again.";
    return new DomainError("unavailable", "DATABASE_UNAVAILABLE", message, options);
  }
  return error;
}

/**
 * What is told when a database can't be opened. As translateError, but what fails then is its place, which does not get
 * better with time.
 */
export function translateOpenError(error: unknown, path: string): unknown {
  const code = sqliteFailure(error)?.code ?? "";
  // libsql gives no code to a file that it can't even open.
  const unopened = error instanceof Error && error.message.startsWith("ConnectionFailed");
  if (!unopened && !UNUSABLE.some((one) => code.startsWith(one))) return translateError(error, path);
  return dataFolderUnusable(
    `the database ${path} can't be written to; check the permissions of the file and its folder, and that their file ` +
      `system is not read-only.`,
    error,
  );
}

/** The place of the database is not one where it can be. The sentence names the path. */
export function dataFolderUnusable(message: string, cause?: unknown): DomainError {
  return new DomainError("failed_precondition", "DATA_FOLDER_UNUSABLE", message, { cause });
}

/** A folder or file that can't be made or opened. */
function fileFailure(error: unknown, path: string): DomainError | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  if (code !== "EACCES" && code !== "EPERM" && code !== "EROFS" && code !== "ENOTDIR" && code !== "EEXIST")
    return undefined;
  const message = `the database ${path} can't be made (${code}); check its folder and the permissions of it.`;
  return dataFolderUnusable(message, error);
}
