import { DomainError, failedPrecondition } from "../../../domain/errors.ts";
import { ConnectionLostError } from "../remote/connection.ts";
import type { FailureKind } from "../remote/driver.ts";
import { isNetworkCode, isTlsFailure, noAnswer, tlsRefused } from "../remote/network-errors.ts";
import { refused } from "../remote/settings.ts";
import type { DatabaseSettings } from "../remote/settings.ts";

/** Numbers of the server's messages. */
const DEADLOCK = new Set([1213, 1205, 1020, 1062, 1637]);
const LOST = new Set([1053, 1077, 1927, 1317, 4031, 2006, 2013, 1184, 1158, 1159, 1160, 1161]);
const FULL = new Set([1040, 1203, 1226]);
const NO_CHILD_OR_PARENT = new Set([1451, 1452, 1216, 1217]);
const DISK_FULL = new Set([1021, 1114, 1041, 1038]);
const READ_ONLY = new Set([1290, 1792, 1836]);
const NO_RIGHTS = new Set([1142, 1143, 1227, 1370, 1044]);

interface MysqlFailure {
  readonly message: string;
  /** 0 for a failure of the network. */
  readonly errno: number;
  readonly code: string;
}

/** The driver's own error inside one that drizzle wrapped. */
export function mysqlFailure(error: unknown): MysqlFailure | undefined {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    const { errno, code, message } = inner as Error & { readonly errno?: unknown; readonly code?: unknown };
    if (typeof code !== "string") continue;
    return {
      message,
      code,
      errno: typeof errno === "number" && errno > 0 && code.startsWith("ER_") ? errno : 0,
    };
  }
  return undefined;
}

/** What a failure means for its transaction. */
export function mysqlFailureKind(error: unknown): FailureKind {
  if (isLost(error)) return "lost";
  const failure = mysqlFailure(error);
  if (failure === undefined) return "other";
  if (DEADLOCK.has(failure.errno)) return "again";
  if (FULL.has(failure.errno)) return "full";
  return "other";
}

function isLost(error: unknown): boolean {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    if (inner instanceof ConnectionLostError) return true;
    // The driver says this of what is asked after the end, with no code.
    if (/closed state|connection is in closed/i.test(inner.message)) return true;
  }
  const failure = mysqlFailure(error);
  if (failure === undefined) return false;
  return LOST.has(failure.errno) || (failure.errno === 0 && isNetworkCode(failure.code));
}

/** What callers of the store see instead of the database's own error. */
export function translateMysqlError(error: unknown, settings: DatabaseSettings, address: string): unknown {
  if (error instanceof DomainError) return error;
  if (isTlsFailure(error)) return tlsRefused(error, address);
  if (isLost(error)) return noAnswer(error, address);
  const failure = mysqlFailure(error);
  if (failure === undefined) return error;
  const { errno, message, code } = failure;
  const options = { cause: error };
  if (code === "HANDSHAKE_NO_SSL_SUPPORT") {
    return refused("tls", `${address} does not offer TLS; turn it on there, or set tls = "off".`);
  }
  if (errno === 1045 || errno === 1698) {
    return refused(
      "password",
      `${address} refuses the user "${settings.username}" (${message}); check username and password.`,
    );
  }
  if (errno === 1049) {
    return refused(
      "dbname",
      `${address} has no database "${settings.dbname}"; make it with CREATE DATABASE \`${settings.dbname}\` CHARACTER SET utf8mb4.`,
    );
  }
  if (NO_RIGHTS.has(errno)) {
    return failedPrecondition(
      "DATABASE_RIGHTS",
      `The user "${settings.username}" lacks rights on ${address} (${message}); grant it ALL PRIVILEGES ON \`${settings.dbname}\`.*.`,
    );
  }
  if (NO_CHILD_OR_PARENT.has(errno)) {
    const sentence = "The object's parent is gone, or the object still has children; look again and retry.";
    return new DomainError("failed_precondition", "PARENT_OR_CHILD", sentence, options);
  }
  if (DISK_FULL.has(errno)) {
    const sentence = `The database server ${address} has no more room (${message}); free some space there and try again.`;
    return new DomainError("resource_exhausted", "STORAGE_FULL", sentence, options);
  }
  if (READ_ONLY.has(errno)) {
    const sentence = `The database server ${address} only reads at the moment (${message}); try again, or name the primary.`;
    return new DomainError("unavailable", "DATABASE_READ_ONLY", sentence, options);
  }
  if (FULL.has(errno)) {
    const sentence = `The database server ${address} takes no more connections; lower pool_size, or raise its limit.`;
    return new DomainError("unavailable", "DATABASE_BUSY", sentence, options);
  }
  return error;
}
