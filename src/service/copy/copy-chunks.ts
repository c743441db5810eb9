import { eachLimited } from "../../domain/each-limited.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import { holdsChunk, PARALLEL_CHUNKS, readChecked, storeChunk } from "./chunk-bytes.ts";
import { putRows } from "./copy-rows.ts";
import { everyPage, pagesOf } from "./rows.ts";
import { CHUNK_TABLE, hasBytes, type ChunkRow, type CopyOptions, type Storage } from "./storage.ts";

/** What became of the bytes. */
export interface ChunkCounts {
  readonly chunks: number;
  readonly bytes: number;
  /** Sent by this run; the others were there. */
  readonly sentChunks: number;
  readonly sentBytes: number;
}

/**
 * Copies chunks, and then their rows, in the order of their digests: so the highest row of the target tells where a run
 * goes on. Those whose bytes are damaged become rows that no upload reuses.
 */
export async function copyChunks(from: Storage, to: Storage, options: CopyOptions): Promise<ChunkCounts> {
  const { signal, onProgress } = options;
  const totals = await from.metadata.read((tx) => tx.chunks.totals());
  const sent = { sentChunks: 0, sentBytes: 0 };
  const counts = { chunks: 0, bytes: 0 };
  const report = (): void =>
    onProgress?.({
      doneBytes: counts.bytes,
      totalBytes: Math.max(totals.storedBytes, counts.bytes),
      doneChunks: counts.chunks,
      totalChunks: Math.max(totals.count, counts.chunks),
    });
  const count = (chunk: ChunkRow): void => {
    counts.chunks += 1;
    counts.bytes += chunk.sizeBytes;
    report();
  };
  let last: TableRow | undefined;
  for await (const rows of everyPage(pagesOf(to.metadata), CHUNK_TABLE)) {
    for (const chunk of rows as readonly ChunkRow[]) count(chunk);
    last = rows.at(-1);
  }
  // A run that was killed may have stored some of the chunks that come next.
  let unsure = true;
  for await (const rows of everyPage(pagesOf(from.metadata), CHUNK_TABLE, last)) {
    const damaged = new Set<string>();
    const chunks = (rows as readonly ChunkRow[]).filter(hasBytes);
    const stored: string[] = [];
    const move = async (chunk: ChunkRow): Promise<void> => {
      signal?.throwIfAborted();
      if (!unsure || !(await holdsChunk(to.blobs, chunk))) {
        const bytes = await readChecked(from.blobs, chunk);
        if (bytes === undefined) {
          damaged.add(chunk.digest);
          return;
        }
        await storeChunk(to.blobs, chunk, bytes);
        sent.sentChunks += 1;
        sent.sentBytes += chunk.sizeBytes;
      }
      stored.push(chunk.objectKey);
      count(chunk);
    };
    await eachLimited(chunks, PARALLEL_CHUNKS, move);
    await to.blobs.flush(stored);
    await putRows(to.metadata, CHUNK_TABLE, markDamaged(rows as readonly ChunkRow[], damaged));
    unsure = false;
  }
  return { ...counts, ...sent };
}

/** Tries once more to copy chunks whose bytes the target lacks; returns those that it still lacks. */
export async function mendChunks(
  from: Storage,
  to: Storage,
  { signal }: CopyOptions,
): Promise<readonly ChunkRow[]> {
  const damaged: ChunkRow[] = [];
  for await (const rows of everyPage(pagesOf(to.metadata), CHUNK_TABLE)) {
    for (const chunk of (rows as readonly ChunkRow[]).filter(({ state }) => state === "quarantined")) {
      signal?.throwIfAborted();
      if (!(await holdsChunk(to.blobs, chunk))) {
        const bytes = await readChecked(from.blobs, chunk);
        if (bytes === undefined) {
          damaged.push(chunk);
          continue;
        }
        await storeChunk(to.blobs, chunk, bytes);
        await to.blobs.flush([chunk.objectKey]);
      }
      const [known] = await from.metadata.read((tx) => tx.chunks.getMany([chunk.digest]));
      await putRows(to.metadata, CHUNK_TABLE, [{ ...chunk, state: known?.state ?? chunk.state }]);
    }
  }
  return damaged;
}

function markDamaged(rows: readonly ChunkRow[], damaged: ReadonlySet<string>): readonly ChunkRow[] {
  return rows.map((row) => (damaged.has(row.digest) ? { ...row, state: "quarantined" } : row));
}

/** Whether the store has no chunk at all. */
export async function hasNoChunks({ blobs }: Pick<Storage, "blobs">, prefix: string): Promise<boolean> {
  for await (const _object of blobs.list(prefix)) return false;
  return true;
}
