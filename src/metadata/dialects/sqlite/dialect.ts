import { sql } from "drizzle-orm";
import { alias } from "drizzle-orm/sqlite-core";
import type { Dialect } from "../dialect.ts";
import { setNew, typed } from "../insert.ts";

/** What only SQLite does this way. */
export const sqliteDialect: Dialect = {
  name: "sqlite",
  affectedRows: (result) => (result as { readonly rowsAffected: number }).rowsAffected,
  insertNew: (builder, table, rows) => builder.insert(table).values(typed(rows)).onConflictDoNothing(),
  upsert: (builder, table, rows, key, columns) =>
    builder
      .insert(table)
      .values(typed(rows))
      .onConflictDoUpdate({
        target: [...key] as never,
        set: setNew(table, columns, (name) => sql`excluded.${name}`),
      }),
  locked: (query) => query,
  fromIndex: (select, table) => select.from(table),
  alias: (table, name) => alias(table, name) as typeof table,
  like: (value, pattern) => sql`${value} glob ${globOf(pattern)}`,
  ilike: (value, pattern) => sql`${value} like ${pattern} escape '\\'`,
};

/** SQLite's LIKE has no case; GLOB has, with other wildcards. */
export function globOf(pattern: string): string {
  let glob = "";
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern.charAt(index);
    if (character === "%") glob += "*";
    else if (character === "_") glob += "?";
    else if (character === "\\" && index + 1 < pattern.length) {
      index += 1;
      glob += literal(pattern.charAt(index));
    } else glob += literal(character);
  }
  return glob;
}

function literal(character: string): string {
  return character === "*" || character === "?" || character === "[" ? `[${character}]` : character;
}
