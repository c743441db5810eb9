import { chunkObjectKey } from "../../domain/object-keys.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import { TOTAL_SHARDS } from "../../domain/storage-checks.ts";
import { CHUNK_TABLE, type ChunkRow } from "../copy/storage.ts";

/** The archive lacks tables of what is about objects of the store, of which it has none, and of work in the background. */
export const LEFT_OUT: ReadonlySet<string> = new Set([
  "packs",
  "condemnedChunks",
  "doomedObjects",
  "pendingRebases",
  "jobs",
]);

/** Rows as an archive has them: of a storage that keeps every chunk plainly, in an object of its own. */
export class PlainRows {
  readonly #totals = new Map<number, { count: number; storedBytes: number }>();

  /** What becomes of a page of a table. Chunks come before the totals over them. */
  page(table: string, rows: readonly TableRow[]): readonly TableRow[] {
    if (table === "chunkTotals") return [];
    return table === CHUNK_TABLE ? (rows as readonly ChunkRow[]).map((row) => this.#chunk(row)) : rows;
  }

  /** What comes behind the pages of a table. */
  rest(table: string): readonly TableRow[] {
    if (table !== "chunkTotals") return [];
    const shards = Array.from({ length: TOTAL_SHARDS }, (_, shard) => ({
      shard,
      ...this.#totals.get(shard),
    }));
    return shards.flatMap(({ shard, count, storedBytes }) =>
      count === undefined || storedBytes === undefined ? [] : [{ shard, count, storedBytes }],
    );
  }

  #chunk(row: ChunkRow): TableRow {
    const { digest, generation, sizeBytes, state } = row;
    const shard = Number.parseInt(digest.slice(0, 1), 16);
    const total = this.#totals.get(shard) ?? { count: 0, storedBytes: 0 };
    this.#totals.set(shard, { count: total.count + 1, storedBytes: total.storedBytes + sizeBytes });
    return {
      ...row,
      objectKey: chunkObjectKey(digest, generation),
      objectOffset: 0,
      storedBytes: sizeBytes,
      encoding: "raw",
      baseDigest: null,
      chainDepth: 0,
      // Collection begins anew: what it had condemned may be in use after all.
      state: state === "condemned" ? "stored" : state,
      durable: true,
      packId: null,
    };
  }
}
