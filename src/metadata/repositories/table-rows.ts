import { and, asc, desc, eq, getTableColumns, gt, or, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { TableRow, TableWriter } from "../../domain/table-rows.ts";
import type { Session } from "../session.ts";
import { keyFields, tableNames } from "../table-keys.ts";
import { clearMark } from "../unfinished-copy.ts";
import { insertRows, slot } from "./queries.ts";

/** A table, its columns by field, and those of its primary key. */
interface Shape {
  readonly table: SQLiteTable;
  readonly columns: Readonly<Record<string, Column>>;
  readonly keys: readonly (readonly [field: string, column: Column])[];
}

/** Every table of the schema, row by row. */
export class TableRepository implements TableWriter {
  readonly names = tableNames;
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async page(name: string, after: TableRow | undefined, limit: number): Promise<readonly TableRow[]> {
    const { builder } = this.#session;
    const { table, keys } = this.#shape(name);
    const build = () =>
      builder
        .select()
        .from(table)
        .where(after === undefined ? undefined : this.#after(keys))
        .orderBy(...keys.map(([, column]) => asc(column)))
        .limit(sql.placeholder("limit"));
    const place = after === undefined ? "first" : "next";
    const values = Object.fromEntries(keys.map(([field]) => [field, after?.[field]]));
    const rows = await this.#session.prepared(`tables.page/${name}/${place}`, build, { ...values, limit });
    return rows;
  }

  async last(name: string): Promise<TableRow | undefined> {
    const { builder } = this.#session;
    const { table, keys } = this.#shape(name);
    const order = keys.map(([, column]) => desc(column));
    const [row] = await this.#session.run(
      builder
        .select()
        .from(table)
        .orderBy(...order)
        .limit(1),
    );
    return row;
  }

  async put(name: string, rows: readonly TableRow[]): Promise<void> {
    const { table, columns, keys } = this.#shape(name);
    const key = keys.map(([, column]) => column);
    const rest = Object.values(columns).filter((column) => !key.includes(column));
    // Where the key is all there is, a row that is there already is the same.
    const mode =
      rest.length === 0 ? ({ type: "new" } as const) : { type: "upsert" as const, key, columns: rest };
    await insertRows(this.#session, `tables.put/${name}`, table, rows, mode);
  }

  async finishCopy(): Promise<void> {
    const { builder, dialect } = this.#session;
    for (const name of tableNames) {
      const { table, columns } = this.#shape(name);
      for (const column of Object.values(columns)) {
        const number = dialect.continueNumbers?.(table, column);
        if (number !== undefined) await this.#session.run(builder.select({ number }).from(table));
      }
    }
    await clearMark(this.#session);
  }

  #shape(name: string): Shape {
    const table = (this.#session.tables as Readonly<Record<string, SQLiteTable>>)[name];
    const fields = keyFields.get(name);
    if (table === undefined || fields === undefined) throw new Error(`there is no table ${name}`);
    const columns = getTableColumns(table);
    const keys = fields.map((field) => {
      const column = columns[field];
      if (column === undefined) throw new Error(`the table ${name} has no column ${field}`);
      return [field, column] as const;
    });
    return { table, columns, keys };
  }

  /** Behind a key of several columns. MySQL finds its place in an index by comparisons, the others by whole keys. */
  #after(keys: Shape["keys"]): SQL | undefined {
    if (this.#session.dialect.name !== "mysql") {
      const columns = sql.join(
        keys.map(([, column]) => sql`${column}`),
        sql`, `,
      );
      const slots = sql.join(
        keys.map(([field, column]) => slot(column, field)),
        sql`, `,
      );
      return sql`(${columns}) > (${slots})`;
    }
    return or(
      ...keys.map(([field, column], index) =>
        and(
          ...keys.slice(0, index).map(([before, same]) => eq(same, slot(same, before))),
          gt(column, slot(column, field)),
        ),
      ),
    );
  }
}
