import { getTableName } from "drizzle-orm";
import type { DatabaseServer } from "../../../test/support/database-servers.ts";
import { sqliteTables } from "../dialects/sqlite/schema.ts";

/** Removes all rows from the tables of the schema. */
export async function emptyTables(server: DatabaseServer, dbname: string): Promise<void> {
  const names = Object.values(sqliteTables).map((table) => getTableName(table));
  const sql =
    server.kind === "mysql"
      ? `SET foreign_key_checks = 0; ${names.map((name) => `DELETE FROM ${name}`).join("; ")}`
      : `TRUNCATE ${names.join(", ")}`;
  await server.administer(sql, dbname);
}
