import { DomainError } from "../../domain/errors.ts";

/** What a caller is told that comes after the end of a store. */
export function closedError(): DomainError {
  return new DomainError("unavailable", "DATABASE_CLOSED", "The server is shutting down; try again later.");
}
