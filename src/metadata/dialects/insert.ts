import { getTableColumns, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { InsertRows } from "./dialect.ts";

/** Rows for `values`, whose type depends on a table that is not known here. */
export function typed(rows: InsertRows): never[] {
  return [...rows] as never[];
}

/** For an upsert: sets columns to what the new row has, which each dialect names its own way. */
export function setNew(
  table: SQLiteTable,
  columns: readonly Column[],
  newValue: (name: SQL) => SQL,
): Record<string, unknown> {
  const wanted = new Set(columns);
  const fields = Object.entries(getTableColumns(table)).filter(([, column]) => wanted.has(column));
  return Object.fromEntries(fields.map(([field, column]) => [field, newValue(columnName(column))]));
}

/** The name of a column without its table, as drizzle's `casing` gives it. */
export function columnName(column: Column): SQL {
  return sql`${sql.identifier(storedName(column))}`;
}

/** The same as plain text. */
export function storedName(column: Column): string {
  return column.name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
