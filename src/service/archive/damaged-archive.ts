import { failedPrecondition, type DomainError } from "../../domain/errors.ts";

/** The archive is not what a backup wrote; `problem` goes on from "since". */
export function damaged(problem: string): DomainError {
  return failedPrecondition(
    "ARCHIVE_DAMAGED",
    `The archive can't be used, since ${problem}; take another backup, or copy this one anew from where it came.`,
  );
}
