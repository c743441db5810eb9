import { getTableColumns, getTableName } from "drizzle-orm";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import { createConnection } from "mysql2/promise";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import postgres from "postgres";
import { storedName } from "../../src/metadata/dialects/insert.ts";
import { mysqlTables } from "../../src/metadata/dialects/mysql/schema.ts";
import { postgresTables } from "../../src/metadata/dialects/postgres/schema.ts";
import type { DatabaseSettings } from "../../src/metadata/index.ts";
import type { CatalogueRows, CatalogueTarget } from "../../src/metadata/testing/catalogue-data.ts";

/** Rows that are handed to the driver at once. */
const ROWS_PER_PIECE = 512;

/** A target that takes rows as fast as the database can, through the driver alone. */
export interface BulkTarget extends CatalogueTarget, AsyncDisposable {
  /** Removes all indexes but primary keys; returns what makes them again. Sorting once is quicker than inserting. */
  dropIndexes(): Promise<() => Promise<void>>;
}

/** By `COPY`. */
export function postgresBulkTarget(settings: DatabaseSettings): BulkTarget {
  const { host, port, username, password, dbname } = settings;
  const sql = postgres({ host, port, username, password, database: dbname, max: 1, fetch_types: false });
  return {
    tables: postgresTables,
    async insert(table, rows) {
      const columns = columnsOf(table, rows);
      const names = columns.map(([, column]) => `"${storedName(column)}"`).join(", ");
      const copy = sql.unsafe(`COPY "${getTableName(table)}" (${names}) FROM STDIN`);
      await pipeline(Readable.from(lines(columns, rows, "\\\\x")), await copy.writable());
    },
    async exec(text) {
      await sql.unsafe(text).simple();
    },
    async dropIndexes() {
      const indexes = await sql<{ indexname: string; indexdef: string }[]>`
        SELECT indexname, indexdef FROM pg_indexes
        WHERE schemaname = 'public' AND indexname NOT IN (SELECT conname FROM pg_constraint)`;
      for (const { indexname } of indexes) await sql.unsafe(`DROP INDEX "${indexname}"`);
      return async () => {
        for (const { indexdef } of indexes) await sql.unsafe(indexdef);
      };
    },
    [Symbol.asyncDispose]: () => sql.end(),
  };
}

/** By `LOAD DATA`. */
export async function mysqlBulkTarget(settings: DatabaseSettings): Promise<BulkTarget> {
  const { host, port, username, password, dbname } = settings;
  const connection = await createConnection({ host, port, user: username, password, database: dbname });
  return {
    tables: mysqlTables,
    async insert(table, rows) {
      const columns = columnsOf(table, rows);
      // Bytes come as hexadecimal digits.
      const isBytes = (column: Column) => /binary|blob/.test(column.getSQLType());
      const names = columns.map(([, column]) => `${isBytes(column) ? "@" : ""}\`${storedName(column)}\``);
      const decoded = columns
        .filter(([, column]) => isBytes(column))
        .map(([, column]) => `\`${storedName(column)}\` = UNHEX(@\`${storedName(column)}\`)`);
      const set = decoded.length === 0 ? "" : `SET ${decoded.join(", ")}`;
      await connection.query({
        sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE \`${getTableName(table)}\` CHARACTER SET utf8mb4 (${names.join(", ")}) ${set}`,
        infileStreamFactory: () => Readable.from(lines(columns, rows, "")),
      });
    },
    async exec(text) {
      await connection.query(text);
    },
    async dropIndexes() {
      const altered: { table: string; keys: readonly string[] }[] = [];
      // Else an index that serves a foreign key stays.
      await connection.query("SET foreign_key_checks = 0, unique_checks = 0");
      for (const table of Object.values(mysqlTables).map((one) => getTableName(one))) {
        const [rows] = await connection.query({ sql: `SHOW CREATE TABLE \`${table}\``, rowsAsArray: true });
        const text = String((rows as unknown[][])[0]?.[1]);
        const keys = [...text.matchAll(/^ +((?:UNIQUE )?KEY .*?),?$/gm)].map((match) => match[1] ?? "");
        if (keys.length === 0) continue;
        const names = keys.map((key) => /`[^`]+`/.exec(key)?.[0] ?? "");
        await connection.query(
          `ALTER TABLE \`${table}\` ${names.map((name) => `DROP INDEX ${name}`).join(", ")}`,
        );
        altered.push({ table, keys });
      }
      return async () => {
        for (const { table, keys } of altered) {
          await connection.query(`ALTER TABLE \`${table}\` ${keys.map((key) => `ADD ${key}`).join(", ")}`);
        }
      };
    },
    [Symbol.asyncDispose]: () => connection.end(),
  };
}

type Fields = readonly (readonly [field: string, column: Column])[];

function columnsOf(table: SQLiteTable, [first = {}]: CatalogueRows): Fields {
  return Object.entries(getTableColumns(table)).filter(([field]) => Object.hasOwn(first, field));
}

/** Both databases read tabs between values, `\N` for null, and `\` before what would be taken for these. */
function* lines(columns: Fields, rows: CatalogueRows, hexPrefix: string): Generator<Buffer> {
  for (let begin = 0; begin < rows.length; begin += ROWS_PER_PIECE) {
    const piece = rows
      .slice(begin, begin + ROWS_PER_PIECE)
      .map((row) => columns.map(([field, column]) => text(column, row[field], hexPrefix)).join("\t"));
    yield Buffer.from(`${piece.join("\n")}\n`);
  }
}

function text(column: Column, value: unknown, hexPrefix: string): string {
  if (value === null) return "\\N";
  const stored = column.mapToDriverValue(value);
  if (stored instanceof Uint8Array) return hexPrefix + Buffer.from(stored).toString("hex");
  return String(stored).replaceAll(/[\\\t\n\r]/g, (character) => `\\${character}`);
}
