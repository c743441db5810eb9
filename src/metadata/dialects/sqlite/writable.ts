import type { Connection } from "./connection.ts";

/**
 * A write that changes nothing once it is rolled back. BEGIN IMMEDIATE and EXCLUSIVE alone succeed on a database that
 * can only be read.
 */
export const REFUSED_UNLESS_WRITABLE = "PRAGMA user_version = 0";

/** Throws when the database can't be written to, which reading and opening it do not tell. */
export function requireWritable(connection: Connection): void {
  connection.exec("BEGIN IMMEDIATE");
  try {
    connection.exec(REFUSED_UNLESS_WRITABLE);
  } finally {
    if (connection.inTransaction) connection.exec("ROLLBACK");
  }
}
