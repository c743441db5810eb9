import type { SQL, SQLWrapper } from "drizzle-orm";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { QueryBuilder } from "../session.ts";

/** Rows to insert: values, or placeholders of a query that is prepared. */
export type InsertRows = readonly Record<string, unknown>[];

/** Makes a query that repositories can run at once or prepare. */
export interface WriteQuery extends PromiseLike<unknown> {
  prepare(): { execute(values?: Record<string, unknown>): Promise<unknown> };
}

/** A query that does not know its table yet. */
export interface Selecting<Q> {
  from(table: SQLiteTable): Q;
}

/** What differs between databases; all else is written once, in the repositories. */
export interface Dialect {
  readonly name: "sqlite" | "mysql" | "postgres";
  /** How many rows a write changed. */
  affectedRows(result: unknown): number;
  /** Inserts rows; those whose primary or unique key is taken are left out, without failing the transaction. */
  insertNew(builder: QueryBuilder, table: SQLiteTable, rows: InsertRows): WriteQuery;
  /** Inserts rows; where the key is taken, sets `columns` to the values of the new row. */
  upsert(
    builder: QueryBuilder,
    table: SQLiteTable,
    rows: InsertRows,
    key: readonly Column[],
    columns: readonly Column[],
  ): WriteQuery;
  /** A query whose rows nobody else changes until the transaction ends; as it is where writers are alone. */
  locked<T>(query: T): T;
  /**
   * `select … from table`, by the index that begins with these columns in this order, where the database would not come
   * upon it by itself; as it is where there is none.
   */
  fromIndex<Q>(select: Selecting<Q>, table: SQLiteTable, columns: readonly Column[]): Q;
  /** The table under another name, for a query that has it twice. */
  alias<T extends SQLiteTable>(table: T, name: string): T;
  /**
   * For a database that does not see which numbers rows brought along: what lets it go on behind the highest of a
   * column that it numbers.
   */
  continueNumbers?(table: SQLiteTable, column: Column): SQL | undefined;
  /** Case-sensitive LIKE: `%` any text, `_` one character, `\` takes the next as it is. */
  like(value: SQLWrapper, pattern: string): SQL;
  /** LIKE without regard to case. */
  ilike(value: SQLWrapper, pattern: string): SQL;
}
