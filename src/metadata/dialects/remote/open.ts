import { systemClock } from "../../../domain/clock.ts";
import type { Clock } from "../../../domain/clock.ts";
import type { MetadataStore } from "../../../domain/metadata-store.ts";
import type { EmbeddedMigration } from "../../../embed/migrations.ts";
import type { MigrationStatus } from "../../migrate.ts";
import type { ScanBudget } from "../../session.ts";
import { beginCopy, refuseUnfinishedCopy } from "../../unfinished-copy.ts";
import type { QueryListener, RemoteConnection } from "./connection.ts";
import type { RemoteDriver } from "./driver.ts";
import { MIGRATION_STATEMENT_LIMIT_MS } from "./migration-table.ts";
import type { DatabaseSettings } from "./settings.ts";
import { RemoteMetadataStore } from "./store.ts";

/** Which kind of database server it is. */
export type RemoteKind = "mysql" | "postgres";

export interface RemoteMetadataStoreOptions {
  readonly kind: RemoteKind;
  readonly settings: DatabaseSettings;
  /** What fills the database, which then must be empty, or begun by the same. By default a half filled one is refused. */
  readonly copyFrom?: string | undefined;
  /** Default: the machine's clock. */
  readonly clock?: Clock | undefined;
  /** How long one statement may take. Default: STATEMENT_LIMIT_MS. */
  readonly statementLimitMs?: number | undefined;
  /** Called after each statement, for tests and debugging. */
  readonly onQuery?: QueryListener | undefined;
  /** What a list may spend when no index serves its filter. Default: SCAN_BUDGET_ROWS and SCAN_BUDGET_MS. */
  readonly scanBudget?: ScanBudget | undefined;
  /** Default: the migrations of this executable. */
  readonly migrations?: readonly EmbeddedMigration[] | undefined;
  /** Default: that of this executable. */
  readonly version?: string | undefined;
}

/**
 * Opens (and where needed migrates) a database server's database. Throws DomainError "failed_precondition" when the
 * database is newer than this executable, is another program's, or does not take the settings (reason
 * DATABASE_SETTINGS: `key` in its metadata names the setting); "unavailable" when the server does not answer.
 */
export async function createRemoteMetadataStore(options: RemoteMetadataStoreOptions): Promise<MetadataStore> {
  const driver = await driverOf(options);
  const clock = options.clock ?? systemClock();
  await withConnection(driver, async (connection) => {
    await driver.migrate(connection, {
      nowMicros: () => clock.nowMicros(),
      available: options.migrations,
      version: options.version,
    });
    const { dialect, tables, address } = driver;
    const place = { connection, dialect: dialect.name, tables, address };
    if (options.copyFrom === undefined) await refuseUnfinishedCopy(place);
    else await beginCopy(place, options.copyFrom);
  });
  return new RemoteMetadataStore({
    driver,
    poolSize: options.settings.poolSize,
    scanBudget: options.scanBudget,
    statementLimitMs: options.statementLimitMs,
  });
}

/** Looks at a database without changing it; it may be in use. */
export async function remoteMigrationStatus(options: RemoteMetadataStoreOptions): Promise<MigrationStatus> {
  const driver = await driverOf(options);
  return await withConnection(driver, (connection) => driver.migrationStatus(connection, options.migrations));
}

/** Loaded only when it is wanted: the drivers took 7 MB of a server that has no use for them. */
async function driverOf({ kind, settings, onQuery }: RemoteMetadataStoreOptions): Promise<RemoteDriver> {
  if (kind === "mysql") {
    const { mysqlDriver } = await import("../mysql/driver.ts");
    return mysqlDriver(settings, onQuery);
  }
  const { postgresDriver } = await import("../postgres/driver.ts");
  return postgresDriver(settings, onQuery);
}

async function withConnection<T>(
  driver: RemoteDriver,
  work: (connection: RemoteConnection) => Promise<T>,
): Promise<T> {
  let connection: RemoteConnection | undefined;
  try {
    connection = await driver.open(MIGRATION_STATEMENT_LIMIT_MS);
    return await work(connection);
  } catch (error) {
    throw driver.translate(error);
  } finally {
    await connection?.close();
  }
}
