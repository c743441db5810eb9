import { getTableColumns } from "drizzle-orm";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { sqliteKit } from "./kits/sqlite.ts";
import { tables } from "./tables.ts";

/** The schema once more, to look at: only a dialect's own tables say what their keys are. */
const schema: Readonly<Record<string, SQLiteTable>> = tables(sqliteKit);

/** Names of all tables in the order of the schema, in which none points to a later one. */
export const tableNames: readonly string[] = Object.keys(schema);

/** The fields of a table's primary key. */
export const keyFields: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries(schema).map(([name, table]) => {
    const { primaryKeys } = getTableConfig(table);
    const columns = new Set(primaryKeys.flatMap((key) => key.columns));
    const inKey = ([, column]: [string, SQLiteTable["_"]["columns"][string]]) =>
      column.primary || columns.has(column);
    const fields = Object.entries(getTableColumns(table)).filter(inKey);
    return [name, fields.map(([field]) => field)];
  }),
);

/** Which tables a table points to. */
export function parentsOf(name: string): readonly string[] {
  const table = schema[name];
  if (table === undefined) return [];
  const parents = new Set(getTableConfig(table).foreignKeys.map((key) => key.reference().foreignTable));
  return tableNames.filter((other) => schema[other] !== undefined && parents.has(schema[other]));
}
