import { DomainError, failedPrecondition } from "../../../domain/errors.ts";
import type { AppliedMigration } from "../../migrate.ts";
import type { RemoteConnection } from "./connection.ts";

/** The table in which a database remembers its migrations. It is not part of the schema that they build. */
export const MIGRATION_TABLE = "modelbox_migrations";
/** How long one statement of a migration may take: an index over a large table is long in the making. */
export const MIGRATION_STATEMENT_LIMIT_MS = 4 * 3600 * 1000;
/** How long a server waits for another one that migrates. */
const LOCK_WAIT_MS = 15 * 60 * 1000;
const LOCK_PAUSE_MS = 100;

/** Asks again and again until nobody else has the lock. */
export async function waitForLock(tryLock: () => Promise<boolean>, address: string): Promise<void> {
  const end = performance.now() + LOCK_WAIT_MS;
  while (!(await tryLock())) {
    if (performance.now() >= end) {
      const message = `Another server has been migrating ${address} for ${LOCK_WAIT_MS / 60_000} minutes; look at its log.`;
      throw new DomainError("unavailable", "MIGRATION_LOCKED", message);
    }
    await new Promise<void>((resolve) => setTimeout(resolve, LOCK_PAUSE_MS));
  }
}

/** A migration of a row: position, tag, digest, version and time. */
export function appliedOf(row: readonly unknown[]): AppliedMigration {
  const [index, tag, digest, appliedBy, appliedAt] = row;
  return {
    index: Number(index),
    tag: String(tag),
    digest: String(digest),
    appliedBy: String(appliedBy),
    appliedAt: Number(appliedAt),
  };
}

/** Refuses a database that has tables, and none of ours. */
export function refuseForeignTables(names: readonly string[], address: string): void {
  if (names.length === 0 || names.includes(MIGRATION_TABLE)) return;
  throw failedPrecondition(
    "DATABASE_FOREIGN",
    `The database ${address} belongs to another program (it has a table "${names[0]}"); choose another dbname.`,
    { address },
  );
}

/**
 * Throws what the database says when the user may not write. Rights are checked whether there are rows or not, and
 * nothing is changed.
 */
export async function requireWriteRights(connection: RemoteConnection): Promise<void> {
  for (const sql of [
    "INSERT INTO change_counters (namespace_id, last_sequence) SELECT namespace_id, last_sequence FROM change_counters WHERE 1 = 0",
    "UPDATE change_counters SET last_sequence = 0 WHERE 1 = 0",
    "DELETE FROM change_counters WHERE 1 = 0",
  ]) {
    await connection.exec(sql);
  }
}
