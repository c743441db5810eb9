import { getTableName, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Dialect } from "../dialect.ts";
import { columnName, setNew, typed } from "../insert.ts";
import { plainPattern } from "../pattern.ts";

/** What PostgreSQL's query builder has, and SQLite's has not. */
interface Lockable<T> {
  for(strength: "no key update"): T;
}

/** What only PostgreSQL does this way. */
export const postgresDialect: Dialect = {
  name: "postgres",
  affectedRows: (result) => (result as readonly { readonly affectedRows: number }[])[0]?.affectedRows ?? 0,
  insertNew: (builder, table, rows) => builder.insert(table).values(typed(rows)).onConflictDoNothing(),
  upsert: (builder, table, rows, key, columns) =>
    builder
      .insert(table)
      .values(typed(rows))
      .onConflictDoUpdate({
        target: [...key] as never,
        set: setNew(table, columns, (name) => sql`excluded.${name}`),
      }),
  // Others may still point to the row.
  locked: (query) => (query as Lockable<typeof query>).for("no key update"),
  fromIndex: (select, table) => select.from(table),
  alias: (table, name) => alias(table as unknown as PgTable, name) as unknown as typeof table,
  continueNumbers: (table, column) =>
    column.getSQLType() === "bigserial"
      ? sql`setval(pg_get_serial_sequence(${getTableName(table)}, ${column.name}), max(${columnName(column)}))`
      : undefined,
  like: (value, pattern) => sql`${value} like ${plainPattern(pattern)} escape '\\'`,
  // By the collation "C" of its texts: A to Z alone have two cases.
  ilike: (value, pattern) => sql`${value} ilike ${plainPattern(pattern)} escape '\\'`,
};
