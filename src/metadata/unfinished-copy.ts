import { getTableName, sql } from "drizzle-orm";
import { sqliteTable, text } from "drizzle-orm/sqlite-core";
import { failedPrecondition, type DomainError } from "../domain/errors.ts";
import type { Dialect } from "./dialects/dialect.ts";
import type { Session } from "./session.ts";
import type { Tables } from "./tables.ts";

/**
 * Has a row while the database is filled from elsewhere, and says from where. It is made when it is first needed, and no
 * part of the schema: what is copied must not have it.
 */
const TABLE = "modelbox_unfinished_copy";
const mark = sqliteTable(TABLE, { source: text().notNull() });

/** How each database is asked for the table. */
const LOOK: Readonly<Record<Dialect["name"], string>> = {
  sqlite: `SELECT 1 FROM sqlite_master WHERE name = '${TABLE}'`,
  mysql: `SELECT 1 FROM information_schema.tables WHERE table_schema = database() AND table_name = '${TABLE}'`,
  postgres: `SELECT 1 FROM pg_tables WHERE schemaname = 'public' AND tablename = '${TABLE}'`,
};

/** A connection outside of transactions, and which database it is. */
export interface MarkPlace {
  readonly connection: {
    exec(sql: string): void | Promise<void>;
    rows(sql: string, params?: readonly unknown[]): unknown[][] | Promise<unknown[][]>;
  };
  readonly dialect: Dialect["name"];
  readonly tables: Tables;
  /** For messages. */
  readonly address: string;
}

/** Refuses a database of which only a part is there. */
export async function refuseUnfinishedCopy(place: MarkPlace): Promise<void> {
  const source = await sourceOf(place);
  if (source !== undefined) throw unfinished(place.address, source);
}

function unfinished(address: string, source: string): DomainError {
  return failedPrecondition(
    "COPY_UNFINISHED",
    `The database ${address} holds only a part of ${source}; run the command that fills it again, which goes on ` +
      "where it was, or empty the database and the place of its blobs.",
    { source },
  );
}

/** Marks an empty database as one that is being filled from a source, or goes on with one that is. */
export async function beginCopy(place: MarkPlace, source: string): Promise<void> {
  const { connection, dialect, tables, address } = place;
  const known = await sourceOf(place);
  if (known === source) return;
  if (known !== undefined) {
    throw failedPrecondition(
      "COPY_TARGET_TAKEN",
      `The database ${address} holds a part of ${known}, not of ${source}; finish that first, or empty the database ` +
        "and the place of its blobs.",
      { source: known },
    );
  }
  for (const table of Object.values(tables)) {
    const name = getTableName(table);
    const [row] = await connection.rows(`SELECT 1 FROM ${name} LIMIT 1`);
    if (row === undefined) continue;
    throw failedPrecondition(
      "COPY_TARGET_NOT_EMPTY",
      `The database ${address} is not empty (its table ${name} has rows); choose one that is.`,
      { table: name },
    );
  }
  await connection.exec(`CREATE TABLE IF NOT EXISTS ${TABLE} (source text NOT NULL)`);
  const slot = dialect === "postgres" ? "$1" : "?";
  await connection.rows(`INSERT INTO ${TABLE} (source) VALUES (${slot})`, [source]);
}

/** As refuseUnfinishedCopy, in a transaction: a server that was there before the copy must not serve a part of it. */
export async function requireNoCopy(session: Session, address: string): Promise<void> {
  const { builder, dialect } = session;
  const [found] = await session.run(
    builder.select({ one: sql`1` }).from(sql.raw(`(${LOOK[dialect.name]}) AS found`)),
  );
  if (found === undefined) return;
  const [row] = await session.run(builder.select().from(mark).limit(1));
  if (row !== undefined) throw unfinished(address, row.source);
}

/** Servers may start on the database. */
export async function clearMark(session: Session): Promise<void> {
  await session.run(session.builder.delete(mark));
}

async function sourceOf({ connection, dialect }: MarkPlace): Promise<string | undefined> {
  const [found] = await connection.rows(LOOK[dialect]);
  if (found === undefined) return undefined;
  const [row] = await connection.rows(`SELECT source FROM ${TABLE}`);
  return row === undefined ? undefined : String(row[0]);
}
