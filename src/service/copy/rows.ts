import type { MetadataReader, MetadataStore } from "../../domain/metadata-store.ts";
import { decodePlain, encodePlain } from "../../domain/plain-json.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import type { TableSummary } from "./storage.ts";

/** Rows that are in memory at once. */
export const PAGE_ROWS = 256;

/** Reads one page; all of them in one snapshot, or each in its own. */
export type ReadPage = (table: string, after: TableRow | undefined) => Promise<readonly TableRow[]>;

/** Pages that each see what is there then: for what nobody writes to. */
export function pagesOf(metadata: MetadataStore): ReadPage {
  return (table, after) => metadata.read((tx) => tx.tables.page(table, after, PAGE_ROWS));
}

/** Pages of one snapshot. */
export function pagesIn(tx: MetadataReader): ReadPage {
  return (table, after) => tx.tables.page(table, after, PAGE_ROWS);
}

/** All rows of a table behind one, page by page. */
export async function* everyPage(
  read: ReadPage,
  table: string,
  after?: TableRow,
): AsyncGenerator<readonly TableRow[], void, undefined> {
  let last = after;
  for (;;) {
    const page = await read(table, last);
    if (page.length > 0) yield page;
    if (page.length < PAGE_ROWS) return;
    last = page.at(-1);
  }
}

/** Rows as lines of JSON, the same whichever database they come from. */
export function linesOf(rows: readonly TableRow[]): string {
  return rows.map((row) => `${encodePlain(row)}\n`).join("");
}

/** Rows of lines that linesOf made; throws for any other text. */
export function rowsOf(lines: string): readonly TableRow[] {
  return lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => decodePlain(line) as TableRow);
}

/** Counts rows, and takes the digest of their lines. */
export class TableDigest {
  readonly #hasher = new Bun.CryptoHasher("sha256");
  #rows = 0;

  add(lines: string, rows: number): void {
    this.#hasher.update(lines);
    this.#rows += rows;
  }

  finish(): TableSummary {
    return { rows: this.#rows, sha256: this.#hasher.digest("hex") };
  }
}
