import { eachLimited } from "../../domain/each-limited.ts";
import type { Chunk } from "../../domain/entities.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import { holdsChunk, PARALLEL_CHUNKS, readChecked, storeChunk } from "./chunk-bytes.ts";
import { copyPack, copyPacks } from "./copy-packs.ts";
import { putRows } from "./copy-rows.ts";
import { everyPage, pagesOf } from "./rows.ts";
import { CHUNK_TABLE, chunkOfRow, type ChunkRow, type CopyOptions, type Storage } from "./storage.ts";

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
  const packs = await copyPacks(from, to, options);
  const sent = { sentChunks: packs.sentChunks, sentBytes: packs.sentBytes };
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
    counts.bytes += chunk.storedBytes;
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
    const stored: string[] = [];
    const move = async (row: ChunkRow): Promise<void> => {
      signal?.throwIfAborted();
      const chunk = chunkOfRow(row);
      if (!(await moveChunk(chunk))) {
        // Nobody needs one that is being collected; if somebody does in the end, its absence is found.
        if (chunk.state !== "condemned") damaged.add(chunk.digest);
        return;
      }
      if (chunk.packId === "") stored.push(chunk.objectKey);
      count(row);
    };
    /** False when there are no right bytes. */
    const moveChunk = async (chunk: Chunk): Promise<boolean> => {
      if (chunk.packId !== "") return !packs.damaged.has(chunk.digest);
      if (unsure && (await holdsChunk(to.blobs, from, chunk))) return true;
      const bytes = await readChecked(from.blobs, from, chunk);
      if (bytes === undefined) return false;
      await storeChunk(to.blobs, chunk, bytes);
      sent.sentChunks += 1;
      sent.sentBytes += chunk.storedBytes;
      return true;
    };
    await eachLimited(rows as readonly ChunkRow[], PARALLEL_CHUNKS, move);
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
    for (const row of (rows as readonly ChunkRow[]).filter(({ state }) => state === "quarantined")) {
      signal?.throwIfAborted();
      const chunk = chunkOfRow(row);
      if (!(await mend(from, to, chunk))) {
        damaged.push(row);
        continue;
      }
      const [known] = await from.metadata.read((tx) => tx.chunks.getMany([chunk.digest]));
      await putRows(to.metadata, CHUNK_TABLE, [{ ...row, state: known?.state ?? chunk.state }]);
    }
  }
  return damaged;
}

/** Whether the target has the bytes of a chunk, which are copied once more if it lacks them. */
async function mend(from: Storage, to: Storage, chunk: Chunk): Promise<boolean> {
  if (chunk.packId !== "") {
    const [pack] = await from.metadata.read((tx) => tx.checks.packs([chunk.packId]));
    if (pack === undefined) return false;
    return !(await copyPack(from, to, pack)).damaged.some(({ digest }) => digest === chunk.digest);
  }
  if (await holdsChunk(to.blobs, from, chunk)) return true;
  const bytes = await readChecked(from.blobs, from, chunk);
  if (bytes === undefined) return false;
  await storeChunk(to.blobs, chunk, bytes);
  await to.blobs.flush([chunk.objectKey]);
  return true;
}

function markDamaged(rows: readonly ChunkRow[], damaged: ReadonlySet<string>): readonly ChunkRow[] {
  return rows.map((row) => (damaged.has(row.digest) ? { ...row, state: "quarantined" } : row));
}

/** Whether the store has no object of a prefix. */
export async function hasNone({ blobs }: Pick<Storage, "blobs">, prefix: string): Promise<boolean> {
  for await (const _object of blobs.list(prefix)) return false;
  return true;
}
