import type { QueryListener } from "../remote/connection.ts";
import type { RemoteDriver } from "../remote/driver.ts";
import type { DatabaseSettings } from "../remote/settings.ts";
import { PostgresConnection } from "./connection.ts";
import { postgresDialect } from "./dialect.ts";
import { postgresFailureKind, translatePostgresError } from "./errors.ts";
import { migratePostgres, postgresMigrationStatus } from "./migrations.ts";
import { postgresTables } from "./schema.ts";

/** PostgreSQL and what speaks its protocol. */
export function postgresDriver(settings: DatabaseSettings, onQuery?: QueryListener): RemoteDriver {
  const address = `postgres://${settings.host}:${settings.port}/${settings.dbname}`;
  return {
    dialect: postgresDialect,
    tables: postgresTables,
    address,
    open: (statementLimitMs) => PostgresConnection.open({ settings, onQuery, statementLimitMs }),
    migrate: (connection, options) => migratePostgres(connection, address, options),
    migrationStatus: (connection, available) => postgresMigrationStatus(connection, address, available),
    beginRead: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    beginWrite: "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE",
    kindOf: postgresFailureKind,
    translate: (error) => translatePostgresError(error, settings, address),
  };
}
