import { getTableColumns, sql } from "drizzle-orm";
import type { SQL, SQLWrapper } from "drizzle-orm";
import { alias, getTableConfig } from "drizzle-orm/mysql-core";
import type { MySqlTable } from "drizzle-orm/mysql-core";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
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

interface Hintable<Q> {
  from(table: SQLiteTable, hint: { readonly forceIndex: string }): Q;
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
  // With a range it would go by the equal columns alone, and pass over all rows before the range.
  fromIndex: (select, table, columns) => {
    const index = indexOf(table, columns);
    if (index === undefined) return select.from(table);
    return (select as unknown as Hintable<ReturnType<typeof select.from>>).from(table, { forceIndex: index });
  },
  alias: (table, name) => alias(table as unknown as MySqlTable, name) as unknown as typeof table,
  like: (value, pattern) => sql`${value} like ${plainPattern(pattern)} escape '\\\\'`,
  ilike: (value, pattern) => {
    const { text, letters } = withoutCase(plainPattern(pattern));
    return sql`${lowered(value, letters)} like ${text} escape '\\\\'`;
  },
};

const indexes = new WeakMap<SQLiteTable, readonly (readonly [name: string, columns: readonly string[]])[]>();

/** The name of the index of a table that begins with these columns. */
function indexOf(table: SQLiteTable, columns: readonly Column[]): string | undefined {
  let known = indexes.get(table);
  if (known === undefined) {
    known = getTableConfig(table as unknown as MySqlTable).indexes.map(({ config }) => [
      config.name,
      config.columns.map((column) => ("name" in column ? column.name : "")),
    ]);
    indexes.set(table, known);
  }
  const begins = (names: readonly string[]) => columns.every((column, place) => column.name === names[place]);
  return known.find(([, names]) => begins(names))?.[0];
}

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
