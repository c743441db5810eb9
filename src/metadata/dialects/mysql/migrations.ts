import { failedPrecondition } from "../../../domain/errors.ts";
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
import { mysqlFailure } from "./errors.ts";

/** Of the server, not of a database: so it carries the database's name. */
const LOCK = "concat('modelbox:', sha1(database()))";
/** Collations that compare bytes, blanks at the end included, on MariaDB and MySQL; the last one leaves those out. */
const COLLATIONS = ["utf8mb4_nopad_bin", "utf8mb4_0900_bin", "utf8mb4_bin"];
/** What the server says of a statement whose work is done already: it exists, or is gone. */
const DONE_ALREADY = new Set([1050, 1060, 1061, 1826, 1022, 1051, 1091]);

/** How far a migration has got. */
interface Progress extends AppliedMigration {
  readonly statementsDone: number;
  readonly statements: number;
}

/**
 * MySQL commits each statement of a migration by itself. So the database remembers how many were done, and one that was
 * interrupted goes on from there; only the statement after the last that is remembered may have been done as well.
 */
export async function migrateMysql(
  connection: RemoteConnection,
  address: string,
  options: MigrateOptions,
): Promise<void> {
  const { available = migrations.mysql, version: executable = version } = options;
  await waitForLock(() => tryLock(connection), address);
  try {
    refuseForeignTables(await tableNames(connection), address);
    const progress = await progressOf(connection);
    const status = statusOf(address, true, progress, available);
    checkMigrations(status, available, executable);
    checkMigrations({ ...status, applied: progress }, available, executable);
    for (const migration of available) {
      if (!status.pending.includes(migration.tag)) continue;
      const begun = progress.find((one) => one.tag === migration.tag);
      await apply({ connection, address, migration, begun, executable, now: options.nowMicros() });
    }
    await requireWriteRights(connection);
  } finally {
    if (connection.usable) await connection.exec(`DO RELEASE_LOCK(${LOCK})`);
  }
}

/** What the database remembers; changes nothing. */
export async function mysqlMigrationStatus(
  connection: RemoteConnection,
  address: string,
  available: readonly EmbeddedMigration[] = migrations.mysql,
): Promise<MigrationStatus> {
  const exists = (await tableNames(connection)).includes(MIGRATION_TABLE);
  return statusOf(address, exists, await progressOf(connection), available);
}

/** One that is half done is pending, unless this executable does not know it. */
function statusOf(
  address: string,
  exists: boolean,
  progress: readonly Progress[],
  available: readonly EmbeddedMigration[],
): MigrationStatus {
  const known = new Set(available.map((migration) => migration.tag));
  const applied = progress.filter((one) => one.statementsDone === one.statements || !known.has(one.tag));
  return compareMigrations(address, exists, applied, available);
}

interface Application {
  readonly connection: RemoteConnection;
  readonly address: string;
  readonly migration: EmbeddedMigration;
  /** Undefined when it was not begun. */
  readonly begun: Progress | undefined;
  readonly executable: string;
  readonly now: number;
}

async function apply(application: Application): Promise<void> {
  const { connection, address, migration, begun, executable, now } = application;
  const collation = await collationOf(connection);
  const statements = statementsOf(migration);
  if (begun === undefined) {
    await connection.exec(
      `CREATE TABLE IF NOT EXISTS ${MIGRATION_TABLE} (position bigint PRIMARY KEY, tag varchar(255) NOT NULL UNIQUE, ` +
        "digest char(64) NOT NULL, applied_by varchar(128) NOT NULL, applied_at bigint NOT NULL, " +
        `statements_done int NOT NULL, statements int NOT NULL)${tableOptions(collation)}`,
    );
    await connection.rows(
      `INSERT INTO ${MIGRATION_TABLE} (position, tag, digest, applied_by, applied_at, statements_done, statements) ` +
        "VALUES (?, ?, ?, ?, ?, 0, ?)",
      [migration.index, migration.tag, migrationDigest(migration), executable, now, statements.length],
    );
  }
  const first = begun?.statementsDone ?? 0;
  for (const [index, statement] of statements.entries()) {
    if (index < first) continue;
    try {
      await connection.exec(
        statement.startsWith("CREATE TABLE") ? withOptions(statement, collation) : statement,
      );
    } catch (error) {
      const mayBeDone =
        begun !== undefined && index === first && DONE_ALREADY.has(mysqlFailure(error)?.errno ?? 0);
      if (!mayBeDone) throw stuck(error, address, migration, index, statements.length);
    }
    await connection.rows(
      `UPDATE ${MIGRATION_TABLE} SET statements_done = ?, applied_by = ?, applied_at = ? WHERE position = ?`,
      [index + 1, executable, now, migration.index],
    );
  }
}

/** Failures of the connection and of rights pass as they are; the rest is for somebody to look at. */
function stuck(
  error: unknown,
  address: string,
  { tag }: EmbeddedMigration,
  index: number,
  count: number,
): unknown {
  const failure = mysqlFailure(error);
  const rights = failure?.errno === 1142 || failure?.errno === 1044;
  if (failure === undefined || failure.errno === 0 || rights) return error;
  const wrapped = failedPrecondition(
    "MIGRATION_FAILED",
    `Statement ${index + 1} of ${count} of the migration ${tag} failed on ${address} (${failure.message}); what was done ` +
      "before it stays. Remove the cause and start again: it goes on from there.",
    { migration: tag },
  );
  wrapped.cause = error;
  return wrapped;
}

function withOptions(statement: string, collation: string): string {
  return statement.replace(/;?\s*$/, tableOptions(collation));
}

function tableOptions(collation: string): string {
  return ` ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`;
}

async function collationOf(connection: RemoteConnection): Promise<string> {
  const rows = await connection.rows(
    `SELECT collation_name FROM information_schema.collations WHERE collation_name IN (${COLLATIONS.map((name) => `'${name}'`).join()})`,
  );
  const names = new Set(rows.map(([name]) => String(name)));
  return COLLATIONS.find((name) => names.has(name)) ?? "utf8mb4_bin";
}

async function tryLock(connection: RemoteConnection): Promise<boolean> {
  const [row] = await connection.rows(`SELECT GET_LOCK(${LOCK}, 1)`);
  return Number(row?.[0]) === 1;
}

async function progressOf(connection: RemoteConnection): Promise<readonly Progress[]> {
  if (!(await tableNames(connection)).includes(MIGRATION_TABLE)) return [];
  const rows = await connection.rows(
    `SELECT position, tag, digest, applied_by, applied_at, statements_done, statements FROM ${MIGRATION_TABLE} ORDER BY position`,
  );
  return rows.map((row) => ({
    ...appliedOf(row),
    statementsDone: Number(row[5]),
    statements: Number(row[6]),
  }));
}

async function tableNames(connection: RemoteConnection): Promise<readonly string[]> {
  const rows = await connection.rows(
    "SELECT table_name FROM information_schema.tables WHERE table_schema = database() ORDER BY 1",
  );
  return rows.map(([name]) => String(name));
}
