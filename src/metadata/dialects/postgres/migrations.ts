import { migrations } from "../../../embed/migrations.ts";
import type { EmbeddedMigration } from "../../../embed/migrations.ts";
import { version } from "../../../version.ts";
import { checkMigrations, compareMigrations, migrationDigest, statementsOf } from "../../migrate.ts";
import type { AppliedMigration, MigrationStatus } from "../../migrate.ts";
import type { RemoteConnection } from "../remote/connection.ts";
import type { MigrateOptions } from "../remote/driver.ts";
import {
  appliedOf,
  MIGRATION_TABLE,
  refuseForeignTables,
  requireWriteRights,
  waitForLock,
} from "../remote/migration-table.ts";

/** Names the advisory lock of migrations: "modelbox" as a number. */
const LOCK = "7885631562835126120";

/**
 * One transaction holds the lock, the migrations and the rows that remember them, so an interrupted one leaves nothing
 * and is simply run again.
 */
export async function migratePostgres(
  connection: RemoteConnection,
  address: string,
  options: MigrateOptions,
): Promise<void> {
  const { available = migrations.postgres, version: executable = version } = options;
  await waitForLock(() => beginLocked(connection), address);
  try {
    refuseForeignTables(await tableNames(connection), address);
    const status = compareMigrations(address, true, await applied(connection), available);
    checkMigrations(status, available, executable);
    for (const migration of available) {
      if (!status.pending.includes(migration.tag)) continue;
      await apply(connection, migration, executable, options.nowMicros());
    }
    await requireWriteRights(connection);
    await connection.exec("COMMIT");
  } catch (error) {
    if (connection.usable) await connection.exec("ROLLBACK");
    throw error;
  }
}

/** What the database remembers; changes nothing. */
export async function postgresMigrationStatus(
  connection: RemoteConnection,
  address: string,
  available: readonly EmbeddedMigration[] = migrations.postgres,
): Promise<MigrationStatus> {
  const exists = (await tableNames(connection)).includes(MIGRATION_TABLE);
  return compareMigrations(address, exists, await applied(connection), available);
}

/** A transaction that has the lock; false, and none, when another server has it. */
async function beginLocked(connection: RemoteConnection): Promise<boolean> {
  await connection.exec("BEGIN");
  const [row] = await connection.rows(`SELECT pg_try_advisory_xact_lock(${LOCK})`);
  if (row?.[0] === true) return true;
  await connection.exec("ROLLBACK");
  return false;
}

async function apply(
  connection: RemoteConnection,
  migration: EmbeddedMigration,
  executable: string,
  now: number,
): Promise<void> {
  await connection.exec(
    `CREATE TABLE IF NOT EXISTS ${MIGRATION_TABLE} (position bigint PRIMARY KEY, tag text NOT NULL UNIQUE, ` +
      `digest text NOT NULL, applied_by text NOT NULL, applied_at bigint NOT NULL)`,
  );
  for (const statement of statementsOf(migration)) await connection.exec(statement);
  await connection.rows(
    `INSERT INTO ${MIGRATION_TABLE} (position, tag, digest, applied_by, applied_at) VALUES ($1, $2, $3, $4, $5)`,
    [migration.index, migration.tag, migrationDigest(migration), executable, now],
  );
}

async function applied(connection: RemoteConnection): Promise<readonly AppliedMigration[]> {
  if (!(await tableNames(connection)).includes(MIGRATION_TABLE)) return [];
  const rows = await connection.rows(
    `SELECT position, tag, digest, applied_by, applied_at FROM ${MIGRATION_TABLE} ORDER BY position`,
  );
  return rows.map(appliedOf);
}

async function tableNames(connection: RemoteConnection): Promise<readonly string[]> {
  const rows = await connection.rows(
    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  return rows.map(([name]) => String(name));
}
