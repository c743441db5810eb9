import { conflict } from "../../domain/errors.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import { excerpt } from "./copy-rows.ts";
import { linesOf, pagesOf, TableDigest } from "./rows.ts";
import { CHUNK_TABLE, type CopyOptions, type TableSummary } from "./storage.ts";

/**
 * Compares all rows of all tables. Throws DomainError "conflict" where they differ, since then somebody has written to
 * one side; but for chunks whose bytes are damaged, which only the target's rows say.
 */
export async function compareTables(
  from: MetadataStore,
  to: MetadataStore,
  names: readonly string[],
  { signal, onRows }: CopyOptions,
): Promise<Readonly<Record<string, TableSummary>>> {
  const summaries: Record<string, TableSummary> = {};
  let compared = 0;
  const onPage = (rows: number): void => onRows?.("compared", (compared += rows));
  for (const table of names) summaries[table] = await compareTable(from, to, table, signal, onPage);
  return summaries;
}

async function compareTable(
  from: MetadataStore,
  to: MetadataStore,
  table: string,
  signal: AbortSignal | undefined,
  onPage: (rows: number) => void,
): Promise<TableSummary> {
  const digest = new TableDigest();
  let last: TableRow | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const [wanted, found] = await Promise.all([pagesOf(from)(table, last), pagesOf(to)(table, last)]);
    const lines = linesOf(wanted);
    if (lines !== linesOf(found)) requireSame(table, wanted, found);
    digest.add(lines, wanted.length);
    onPage(wanted.length);
    last = wanted.at(-1);
    if (last === undefined) return digest.finish();
  }
}

function requireSame(table: string, wanted: readonly TableRow[], found: readonly TableRow[]): void {
  for (let index = 0; index < Math.max(wanted.length, found.length); index += 1) {
    const [one, other] = [wanted[index], found[index]];
    if (linesOf([one ?? {}]) === linesOf([other ?? {}])) continue;
    const isMark = table === CHUNK_TABLE && one?.["state"] === "stored" && other?.["state"] === "quarantined";
    if (isMark && linesOf([one]) === linesOf([{ ...other, state: "stored" }])) continue;
    throw conflict(
      "COPY_DIFFERS",
      `The table ${table} is not the same on both sides (the source has ${excerpt(one)}, the target ${excerpt(other)}): ` +
        "something has written to one of them since the copy began. Stop what writes, empty the target and the place of " +
        "its blobs, and copy again.",
      { table },
    );
  }
}
