import { getTableColumns, sql } from "drizzle-orm";
import type { SQL, SQLWrapper } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { MySqlTable } from "drizzle-orm/mysql-core";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Dialect, WriteQuery } from "../dialect.ts";
import { columnName, setNew, typed } from "../insert.ts";
import { plainPattern } from "../pattern.ts";

/** What MySQL's query builder has, and SQLite's has not. */
interface Insert {
  onDuplicateKeyUpdate(config: { readonly set: Record<string, unknown> }): WriteQuery;
}

interface Lockable<T> {
  for(strength: "update"): T;
}

/** What only MySQL and MariaDB do this way. */
export const mysqlDialect: Dialect = {
  name: "mysql",
  affectedRows: (result) => (result as readonly { readonly affectedRows: number }[])[0]?.affectedRows ?? 0,
  // Not INSERT IGNORE, which would also leave out rows whose parent is missing. This one sets a column to itself.
  insertNew: (builder, table, rows) =>
    (builder.insert(table).values(typed(rows)) as unknown as Insert).onDuplicateKeyUpdate({
      set: unchanged(table),
    }),
  upsert: (builder, table, rows, _key, columns) =>
    (builder.insert(table).values(typed(rows)) as unknown as Insert).onDuplicateKeyUpdate({
      set: setNew(table, columns, (name) => sql`values(${name})`),
    }),
  locked: (query) => (query as Lockable<typeof query>).for("update"),
  alias: (table, name) => alias(table as unknown as MySqlTable, name) as unknown as typeof table,
  like: (value, pattern) => sql`${value} like ${plainPattern(pattern)} escape '\\\\'`,
  ilike: (value, pattern) => {
    const { text, letters } = withoutCase(plainPattern(pattern));
    return sql`${lowered(value, letters)} like ${text} escape '\\\\'`;
  },
};

function unchanged(table: SQLiteTable): Record<string, unknown> {
  const [field, column] = Object.entries(getTableColumns(table))[0] ?? [];
  if (field === undefined || column === undefined) throw new TypeError("a table has a column");
  return { [field]: sql`${sql.identifier(nameOf(table))}.${columnName(column)}` };
}

function nameOf(table: SQLiteTable): string {
  return (table as unknown as Record<symbol, string>)[Symbol.for("drizzle:Name")] ?? "";
}

/** The pattern in small letters, and which letters it has. */
function withoutCase(pattern: string): { readonly text: string; readonly letters: readonly string[] } {
  const text = pattern.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return { text, letters: [...new Set(text.match(/[a-z]/g))] };
}

/** The value with those letters made small: `lower` would change letters beyond A to Z as well. */
function lowered(value: SQLWrapper, letters: readonly string[]): SQL {
  return letters.reduce<SQL>(
    (inner, letter) => sql`replace(${inner}, ${letter.toUpperCase()}, ${letter})`,
    sql`${value}`,
  );
}
