import { existsSync } from "node:fs";
import { failedPrecondition } from "../../../domain/errors.ts";
import { migrations } from "../../../embed/migrations.ts";
import type { EmbeddedMigration } from "../../../embed/migrations.ts";
import { version } from "../../../version.ts";
import { checkMigrations, compareMigrations, migrationDigest, statementsOf } from "../../migrate.ts";
import type { AppliedMigration, MigrationStatus } from "../../migrate.ts";
import { Connection } from "./connection.ts";
import { requireFileOrNothing } from "./private-file.ts";

/** The table in which the database remembers its migrations. It is not part of the schema that they build. */
const TABLE = "modelbox_migrations";

export interface MigrateOptions {
  readonly connection: Connection;
  /** For messages. */
  readonly path: string;
  nowMicros(): number;
  /** By default those of this executable. */
  readonly available?: readonly EmbeddedMigration[];
  readonly version?: string;
}

/**
 * Brings a database to this executable's schema; the caller holds the folder's lock. A migration and the row that
 * remembers it are one transaction, so an interrupted one leaves nothing and is simply run again. Returns the tags
 * that were applied.
 */
export function migrateSqlite(options: MigrateOptions): readonly string[] {
  const { connection, path } = options;
  const available = options.available ?? migrations.sqlite;
  const executable = options.version ?? version;
  refuseForeignDatabase(connection, path);
  const status = compareMigrations(path, true, appliedMigrations(connection), available);
  checkMigrations(status, available, executable);
  for (const migration of available) {
    if (status.pending.includes(migration.tag)) apply(connection, migration, executable, options.nowMicros());
  }
  return status.pending;
}

/** Looks at a database file without changing it; it may be in use. */
export function sqliteMigrationStatus(
  path: string,
  available: readonly EmbeddedMigration[] = migrations.sqlite,
): MigrationStatus {
  if (path === ":memory:" || !existsSync(path)) return compareMigrations(path, false, [], available);
  requireFileOrNothing(path);
  using connection = new Connection({ path, pragmas: ["busy_timeout = 5000", "query_only = ON"] });
  return compareMigrations(path, true, appliedMigrations(connection), available);
}

/** Refuses a database that has another schema than this executable's, where none may be applied. */
export function requireMigrated(status: MigrationStatus, available = migrations.sqlite): void {
  checkMigrations(status, available, version);
  if (status.pending.length === 0) return;
  throw failedPrecondition(
    "DATA_FOLDER_IN_USE",
    `The database ${status.database} is older than this ModelBox and in use by another; stop that one first.`,
  );
}

function apply(connection: Connection, migration: EmbeddedMigration, executable: string, now: number): void {
  connection.exec("BEGIN IMMEDIATE");
  try {
    connection.exec(
      `CREATE TABLE IF NOT EXISTS ${TABLE} (position INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE, ` +
        `digest TEXT NOT NULL, applied_by TEXT NOT NULL, applied_at INTEGER NOT NULL)`,
    );
    for (const statement of statementsOf(migration)) connection.exec(statement);
    connection.rows(
      `INSERT INTO ${TABLE} (position, tag, digest, applied_by, applied_at) VALUES (?, ?, ?, ?, ?) RETURNING position`,
      [migration.index, migration.tag, migrationDigest(migration), executable, now],
    );
    connection.exec("COMMIT");
  } catch (error) {
    if (connection.inTransaction) connection.exec("ROLLBACK");
    throw error;
  }
}

function appliedMigrations(connection: Connection): readonly AppliedMigration[] {
  if (!tableNames(connection).includes(TABLE)) return [];
  const rows = connection.rows(
    `SELECT position, tag, digest, applied_by, applied_at FROM ${TABLE} ORDER BY position`,
  );
  return rows.map(([index, tag, digest, appliedBy, appliedAt]) => ({
    index: Number(index),
    tag: String(tag),
    digest: String(digest),
    appliedBy: String(appliedBy),
    appliedAt: Number(appliedAt),
  }));
}

function refuseForeignDatabase(connection: Connection, path: string): void {
  const names = tableNames(connection);
  if (names.length === 0 || names.includes(TABLE)) return;
  throw failedPrecondition(
    "DATABASE_FOREIGN",
    `The file ${path} is a database of another program (it has a table "${names[0]}"); choose another path.`,
    { path },
  );
}

function tableNames(connection: Connection): readonly string[] {
  const rows = connection.rows(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
  );
  return rows.map(([name]) => String(name));
}
