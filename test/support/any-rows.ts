import { getTableColumns } from "drizzle-orm";
import { getTableConfig } from "drizzle-orm/sqlite-core";
import type { SQLiteColumn, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { BlobStore } from "../../src/domain/blob-store.ts";
import { newId } from "../../src/domain/ids.ts";
import type { MetadataStore } from "../../src/domain/metadata-store.ts";
import { chunkObjectKey } from "../../src/domain/object-keys.ts";
import type { TableRow, TableValue } from "../../src/domain/table-rows.ts";
import { sqliteTables } from "../../src/metadata/dialects/sqlite/schema.ts";
import { someBytes } from "./blobs.ts";
import { sha256 } from "./upload.ts";

const tables: Readonly<Record<string, SQLiteTable>> = sqliteTables;
const EXTREMES = [-(2n ** 63n), 2n ** 63n - 1n, 0n];

/**
 * Puts rows into every table that there is, whatever its columns are, with the values that are hardest to keep; and the
 * bytes of the chunks. So a table that is new takes part without anybody's doing.
 */
export async function fillEveryTable(
  metadata: MetadataStore,
  blobs: BlobStore,
  rowsPerTable = 3,
  chunkBytes = 1000,
): Promise<void> {
  const filled = new Map<string, readonly TableRow[]>();
  const names = await metadata.read(async (tx) => tx.tables.names);
  for (const name of names) {
    const rows: TableRow[] = [];
    for (let number = 0; number < rowsPerTable; number += 1) {
      const row = anyRow(name, number, filled);
      if (name === "chunks") rows.push(await chunkRow(row, number, chunkBytes, blobs));
      // Keys are looked for in stores, which take no others.
      else rows.push("objectKey" in row ? { ...row, objectKey: `packs/00/${number}` } : row);
    }
    await metadata.write((tx) => tx.tables.put(name, rows));
    filled.set(name, rows);
  }
}

/** All rows of all tables, as every store gives them. */
export async function everyRow(metadata: MetadataStore): Promise<Record<string, readonly TableRow[]>> {
  return await metadata.read(async (tx) => {
    const rows: Record<string, readonly TableRow[]> = {};
    for (const name of tx.tables.names) rows[name] = await tx.tables.page(name, undefined, 10_000);
    return rows;
  });
}

/** The same without the tables that a copy has nothing of. */
export function withoutRows(
  rows: Readonly<Record<string, readonly TableRow[]>>,
  ...names: readonly string[]
): Record<string, readonly TableRow[]> {
  return { ...rows, ...Object.fromEntries(names.map((name) => [name, []])) };
}

function anyRow(name: string, number: number, filled: ReadonlyMap<string, readonly TableRow[]>): TableRow {
  const table = tables[name]!;
  const row: Record<string, TableValue> = {};
  for (const [field, column] of Object.entries(getTableColumns(table)))
    row[field] = column.notNull || number % 3 !== 2 ? valueOf(column, `${name}.${field}`, number) : null;
  for (const key of getTableConfig(table).foreignKeys) {
    const { columns, foreignTable, foreignColumns } = key.reference();
    const parent = Object.entries(tables).find(([, other]) => other === foreignTable)!;
    for (const [index, column] of columns.entries())
      row[fieldOf(table, column)] = filled.get(parent[0])![number]![
        fieldOf(parent[1], foreignColumns[index]!)
      ]!;
  }
  return row;
}

/** What a column keeps is told by what it makes of what the driver gives. */
function valueOf(column: SQLiteColumn, place: string, number: number): TableValue {
  if (column.getSQLType() === "text") return `é${number} \u{1f600}`;
  if (column.getSQLType() === "real") return number + 0.1;
  if (column.getSQLType() === "integer") {
    const sample = column.mapFromDriverValue(1n);
    if (typeof sample === "bigint") return EXTREMES[number % EXTREMES.length]!;
    return typeof sample === "boolean" ? number % 2 === 0 : number + 1;
  }
  const sample = column.mapFromDriverValue(Buffer.alloc(16)) as string | Uint8Array;
  if (typeof sample !== "string") return new Uint8Array([0, 255, number % 256, 10]);
  return sample.includes("-") ? newId() : sha256(Buffer.from(`${place}.${number}`));
}

function fieldOf(table: SQLiteTable, column: SQLiteColumn): string {
  return Object.entries(getTableColumns(table)).find(([, one]) => one === column)![0];
}

async function chunkRow(
  row: TableRow,
  number: number,
  sizeBytes: number,
  blobs: BlobStore,
): Promise<TableRow> {
  const bytes = someBytes(sizeBytes, number + 1);
  const digest = sha256(bytes);
  const generation = newId();
  const objectKey = chunkObjectKey(digest, generation);
  await using writer = await blobs.openWriter(objectKey, { sizeBytes });
  await writer.write(bytes);
  await writer.commit();
  const place = { generation, objectKey, objectOffset: 0, storedBytes: sizeBytes, encoding: "raw" };
  return {
    ...row,
    ...place,
    digest,
    sizeBytes,
    baseDigest: null,
    chainDepth: 0,
    packId: null,
    state: "stored",
  };
}
