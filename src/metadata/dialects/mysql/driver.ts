import type { QueryListener } from "../remote/connection.ts";
import type { RemoteDriver } from "../remote/driver.ts";
import type { DatabaseSettings } from "../remote/settings.ts";
import { MysqlConnection } from "./connection.ts";
import { mysqlDialect } from "./dialect.ts";
import { mysqlFailureKind, translateMysqlError } from "./errors.ts";
import { migrateMysql, mysqlMigrationStatus } from "./migrations.ts";
import { mysqlTables } from "./schema.ts";

/** MySQL, MariaDB and what speaks their protocol. */
export function mysqlDriver(settings: DatabaseSettings, onQuery?: QueryListener): RemoteDriver {
  const address = `mysql://${settings.host}:${settings.port}/${settings.dbname}`;
  return {
    dialect: mysqlDialect,
    tables: mysqlTables,
    address,
    open: (statementLimitMs) => MysqlConnection.open({ settings, onQuery, statementLimitMs }),
    migrate: (connection, options) => migrateMysql(connection, address, options),
    migrationStatus: (connection, available) => mysqlMigrationStatus(connection, address, available),
    beginRead: "START TRANSACTION READ ONLY",
    beginWrite: "SET TRANSACTION ISOLATION LEVEL READ COMMITTED; START TRANSACTION",
    kindOf: mysqlFailureKind,
    translate: (error) => translateMysqlError(error, settings, address),
  };
}
