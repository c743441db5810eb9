import { DomainError } from "../../domain/errors.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import { encodePlain } from "../../domain/plain-json.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import { everyPage, pagesOf } from "./rows.ts";

/** Copies the rows of a table behind those that the target has, which are the first ones; `onPage` gets their number. */
export async function copyRows(
  from: MetadataStore,
  to: MetadataStore,
  table: string,
  signal: AbortSignal | undefined,
  onPage: (rows: number) => void,
): Promise<void> {
  const last = await to.read((tx) => tx.tables.last(table));
  for await (const rows of everyPage(pagesOf(from), table, last)) {
    signal?.throwIfAborted();
    await putRows(to, table, rows);
    onPage(rows.length);
  }
}

/** Puts rows into a table, or says which of them can't be kept there. */
export async function putRows(to: MetadataStore, table: string, rows: readonly TableRow[]): Promise<void> {
  try {
    await to.write((tx) => tx.tables.put(table, rows));
  } catch (error) {
    if (error instanceof DomainError && error.kind === "unavailable") throw error;
    if (rows.length > 1) {
      for (const row of rows) await putRows(to, table, [row]);
      return;
    }
    throw refused(table, rows[0], error);
  }
}

function refused(table: string, row: TableRow | undefined, cause: unknown): DomainError {
  const what = `The row ${excerpt(row)} of the table ${table} can't be stored in the target`;
  if (cause instanceof DomainError) {
    const { kind, reason, metadata, message } = cause;
    return new DomainError(kind, reason, `${what}: ${message}`, { metadata, cause });
  }
  // Rows that come from one database don't exclude each other.
  const advice =
    "the target has rows that the source had before it was written to; empty it and the place of its blobs, and begin anew";
  return new DomainError("conflict", "COPY_DIFFERS", `${what}: ${advice}.`, { metadata: { table }, cause });
}

const MAX_EXCERPT = 200;

/** The begin of a row, for messages. */
export function excerpt(row: TableRow | undefined): string {
  const text = encodePlain(row ?? null);
  return text.length > MAX_EXCERPT ? `${text.slice(0, MAX_EXCERPT)}…` : text;
}
