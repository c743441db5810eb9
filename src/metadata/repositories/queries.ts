import { sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import { DomainError } from "../../domain/errors.ts";
import type { WriteQuery } from "../dialects/dialect.ts";
import type { Session } from "../session.ts";

/** Keys that one query looks up at most. */
const MAX_KEYS_PER_QUERY = 1024;
/** Rows of one INSERT: few sizes, so that few statements are prepared. */
const INSERT_SIZES = [64, 8, 1] as const;

/** A place for a value in a prepared query; the column says how the value is stored. */
export function slot(column: Column, name: string): SQL {
  return sql`${sql.param(sql.placeholder(name), column)}`;
}

/** `column IN (…)` with places for `size` values, named as `keyed` fills them. */
export function inSlots(column: Column, size: number, name = "key"): SQL {
  const slots = Array.from({ length: size }, (_, index) => slot(column, `${name}${index}`));
  return sql`${column} in (${sql.join(slots, sql`, `)})`;
}

/** Values for `inSlots`; the last key is repeated where there are fewer keys than places. */
export function keyed(keys: readonly unknown[], size: number, name = "key"): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (let index = 0; index < size; index += 1)
    values[`${name}${index}`] = keys[Math.min(index, keys.length - 1)];
  return values;
}

/** Places for so many keys: a power of two, so that few queries are built. */
export function slotCount(keys: number): number {
  return 2 ** Math.ceil(Math.log2(keys));
}

/**
 * Runs a prepared query for many keys, in groups. Repeated keys are looked up once.
 */
export async function forKeys<T>(
  session: Session,
  name: string,
  keys: readonly unknown[],
  build: (size: number) => { prepare(): { execute(values?: Record<string, unknown>): Promise<T> } },
  values: Record<string, unknown> = {},
): Promise<T[]> {
  const unique = [...new Set(keys)];
  const results: T[] = [];
  for (let begin = 0; begin < unique.length; begin += MAX_KEYS_PER_QUERY) {
    const group = unique.slice(begin, begin + MAX_KEYS_PER_QUERY);
    const size = slotCount(group.length);
    const all = { ...values, ...keyed(group, size) };
    results.push(await session.prepared(`${name}/${size}`, () => build(size), all));
  }
  return results;
}

/** What becomes of rows whose key is taken: "new" leaves them out, "strict" throws and names what they are. */
export type InsertMode =
  | { readonly type: "new" }
  | { readonly type: "strict"; readonly what: string }
  | { readonly type: "upsert"; readonly key: readonly Column[]; readonly columns: readonly Column[] };

/**
 * Inserts rows, all with the same fields, by few prepared statements; returns how many were written. The name says
 * which table and mode it is.
 */
export async function insertRows(
  session: Session,
  name: string,
  table: SQLiteTable,
  rows: readonly Record<string, unknown>[],
  mode: InsertMode = { type: "new" },
): Promise<number> {
  // In one order: callers that write the same table may name the fields in another.
  const fields = Object.keys(rows[0] ?? {}).toSorted();
  let written = 0;
  let begin = 0;
  for (const size of INSERT_SIZES) {
    for (; rows.length - begin >= size; begin += size) {
      // By number: to make up thousands of names took longer than the database did.
      const values: Record<string, unknown> = {};
      let place = 0;
      for (let index = begin; index < begin + size; index += 1)
        for (const field of fields) values[place++] = rows[index]?.[field];
      const build = () => insertQuery(session, table, fields, size, mode);
      const result = await session.prepared(`${name}/${size}`, build, values);
      written += session.dialect.affectedRows(result);
    }
  }
  if (mode.type === "strict" && written < rows.length) {
    throw new DomainError("already_exists", "ALREADY_EXISTS", `One of the ${mode.what} is there already.`);
  }
  return written;
}

function insertQuery(
  session: Session,
  table: SQLiteTable,
  fields: readonly string[],
  size: number,
  mode: InsertMode,
): WriteQuery {
  const rows = Array.from({ length: size }, (_, index) =>
    Object.fromEntries(
      fields.map((field, place) => [field, sql.placeholder(String(index * fields.length + place))]),
    ),
  );
  const { builder, dialect } = session;
  if (mode.type !== "upsert") return dialect.insertNew(builder, table, rows);
  return dialect.upsert(builder, table, rows, mode.key, mode.columns);
}
