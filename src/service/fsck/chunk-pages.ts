import type { Chunk } from "../../domain/entities.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import { CHUNK_TABLE } from "../copy/storage.ts";
import { PAGE_ROWS } from "./check.ts";

/** Rows of chunks, in the order of their digests, behind one. */
export async function* chunkPages(
  metadata: MetadataStore,
  after?: string,
): AsyncGenerator<readonly Chunk[], void, undefined> {
  let last = after;
  for (;;) {
    const from = last === undefined ? undefined : { digest: last };
    const rows = await metadata.read(async (tx) => {
      const page = await tx.tables.page(CHUNK_TABLE, from, PAGE_ROWS);
      return await tx.chunks.getMany(page.map((row) => String(row["digest"])));
    });
    const sorted = rows.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    if (sorted.length > 0) yield sorted;
    if (sorted.length < PAGE_ROWS) return;
    last = sorted.at(-1)?.digest;
  }
}

/** The same, cut where the first two digits change. */
export async function* rowsByPrefix(
  metadata: MetadataStore,
): AsyncGenerator<{ readonly prefix: string; readonly rows: readonly Chunk[] }, void, undefined> {
  for await (const page of chunkPages(metadata)) {
    const groups = Map.groupBy(page, ({ digest }) => digest.slice(0, 2));
    for (const [prefix, rows] of groups) yield { prefix, rows };
  }
}
