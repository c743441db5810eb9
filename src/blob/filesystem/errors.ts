import { DomainError } from "../../domain/errors.ts";

const FULL = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const FORBIDDEN = new Set(["EACCES", "EPERM", "EROFS"]);
const TOO_MANY_FILES = new Set(["EMFILE", "ENFILE"]);

/** The code that the operating system gave, for example "ENOENT". */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** What callers see of a failure of the operating system; anything else stays what it is. */
export function storageError(error: unknown): unknown {
  const code = systemCode(error);
  if (code === undefined || error instanceof DomainError) return error;
  if (FULL.has(code)) {
    return new DomainError(
      "resource_exhausted",
      "STORAGE_FULL",
      "The server's blob storage is full; free space there, or ask its administrator, then try again.",
      { cause: error },
    );
  }
  if (FORBIDDEN.has(code))
    return unavailable("The server may not use its blob folder; its log has the path.", error);
  if (TOO_MANY_FILES.has(code))
    return unavailable("The server has too many files open; try again in a moment.", error);
  return unavailable(
    `The server's blob storage failed (${code}); its log has the cause. Try again later.`,
    error,
  );
}

function unavailable(message: string, cause: unknown): DomainError {
  return new DomainError("unavailable", "STORAGE_FAILED", message, { cause });
}
