import { DomainError, failedPrecondition } from "../../../domain/errors.ts";
import { ConnectionLostError } from "../remote/connection.ts";
import type { FailureKind } from "../remote/driver.ts";
import { isNetworkCode, isTlsFailure, noAnswer, tlsRefused } from "../remote/network-errors.ts";
import { refused } from "../remote/settings.ts";
import type { DatabaseSettings } from "../remote/settings.ts";

/** SQLSTATEs: serialization failure, deadlock, lock timeout, a key that was taken meanwhile. */
const AGAIN = new Set(["40001", "40P01", "55P03", "23505"]);
/** The server ends, or has not begun. */
const LOST = new Set([
  "57P01",
  "57P02",
  "57P03",
  "57P05",
  "25P03",
  "08000",
  "08003",
  "08006",
  "08001",
  "08004",
]);

interface PostgresFailure {
  readonly message: string;
  /** A SQLSTATE, or the name of a failure of the network. */
  readonly code: string;
}

/** The driver's own error inside one that drizzle wrapped. */
export function postgresFailure(error: unknown): PostgresFailure | undefined {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    const { code, message } = inner as Error & { readonly code?: unknown };
    if (typeof code === "string") return { message, code };
  }
  return undefined;
}

/** What a failure means for its transaction. */
export function postgresFailureKind(error: unknown): FailureKind {
  if (isLost(error)) return "lost";
  const code = postgresFailure(error)?.code ?? "";
  if (AGAIN.has(code)) return "again";
  return code === "53300" ? "full" : "other";
}

function isLost(error: unknown): boolean {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    if (inner instanceof ConnectionLostError) return true;
  }
  const code = postgresFailure(error)?.code ?? "";
  return LOST.has(code) || isNetworkCode(code);
}

/** What callers of the store see instead of the database's own error. */
export function translatePostgresError(error: unknown, settings: DatabaseSettings, address: string): unknown {
  if (error instanceof DomainError) return error;
  if (isTlsFailure(error)) return tlsRefused(error, address);
  if (isLost(error)) return noAnswer(error, address);
  const failure = postgresFailure(error);
  if (failure === undefined) return error;
  const { code, message } = failure;
  const options = { cause: error };
  switch (code) {
    case "28P01":
    case "28000":
      return refused(
        "password",
        `${address} refuses the user "${settings.username}" (${message}); check username and password.`,
      );
    case "3D000":
      return refused(
        "dbname",
        `${address} has no database "${settings.dbname}"; make it with CREATE DATABASE "${settings.dbname}".`,
      );
    case "42501":
      return failedPrecondition(
        "DATABASE_RIGHTS",
        `The user "${settings.username}" lacks rights on ${address} (${message}); make it the owner of the database.`,
      );
    case "23503": {
      const sentence = "The object's parent is gone, or the object still has children; look again and retry.";
      return new DomainError("failed_precondition", "PARENT_OR_CHILD", sentence, options);
    }
    case "53100": {
      const sentence = `The database server ${address} has no more room (${message}); free some space there and try again.`;
      return new DomainError("resource_exhausted", "STORAGE_FULL", sentence, options);
    }
    // A standby refuses the beginning of a transaction that may write.
    case "0A000":
      if (!message.includes("recovery")) return error;
      return readOnly(error, message, address);
    case "25006":
      return readOnly(error, message, address);
    case "53300": {
      const sentence = `The database server ${address} takes no more connections; lower pool_size, or raise its limit.`;
      return new DomainError("unavailable", "DATABASE_BUSY", sentence, options);
    }
    case "57014": {
      const sentence = "The database did not answer in time; try again.";
      return new DomainError("unavailable", "DATABASE_UNAVAILABLE", sentence, options);
    }
    case "22021":
      return new DomainError(
        "invalid_argument",
        "INVALID_ARGUMENT",
        "PostgreSQL can't keep the character U+0000 in a text; leave it out, or send the value as bytes.",
        options,
      );
    case "XX001":
    case "XX002": {
      const sentence = `The database ${address} is damaged (${message}); restore it from a backup.`;
      return new DomainError("data_loss", "DATABASE_DAMAGED", sentence, options);
    }
    default:
      return error;
  }
}

function readOnly(cause: unknown, message: string, address: string): DomainError {
  const sentence = `The database server ${address} only reads at the moment (${message}); try again, or name the primary.`;
  return new DomainError("unavailable", "DATABASE_READ_ONLY", sentence, { cause });
}
