import { failedPrecondition } from "../../domain/errors.ts";
import { CHUNK_PREFIX, PACK_PREFIX } from "../../domain/object-keys.ts";
import { compareTables } from "./compare-tables.ts";
import { copyChunks, hasNone, mendChunks, type ChunkCounts } from "./copy-chunks.ts";
import { copyRows } from "./copy-rows.ts";
import { damagedError, describeDamaged, type DamagedChunk } from "./damaged.ts";
import { CHUNK_TABLE, isCopied, type CopyOptions, type Storage, type TableSummary } from "./storage.ts";

/** What a copy has moved. */
export interface CopyResult {
  /** What both sides have now, by table. */
  readonly tables: Readonly<Record<string, TableSummary>>;
  /** Undefined when both sides keep their bytes in the same place. */
  readonly chunks: ChunkCounts | undefined;
  /** Left out, on request. */
  readonly damaged: readonly DamagedChunk[];
}

export interface CopyInput extends CopyOptions {
  readonly from: Storage;
  /** Its metadata is marked as unfinished, and empty or begun by an earlier run. */
  readonly to: Storage;
  /** Both keep their bytes in the same place, so that these stay there. */
  readonly sameBlobs: boolean;
}

/**
 * Copies all rows and bytes, and makes sure that they are the same on both sides: only then may servers start on the
 * target. A run that was broken off is continued by the next; what it throws leaves the target unfinished.
 */
export async function copyAll({ from, to, sameBlobs, ...options }: CopyInput): Promise<CopyResult> {
  const all = await from.metadata.read(async (tx) => tx.tables.names);
  const names = all.filter((table) => isCopied(table, sameBlobs));
  if (!sameBlobs) await requireNoStrangers(to, names);
  // Chunks last: they take long, and what can't be kept in the target is known before.
  let copied = 0;
  const onPage = (rows: number): void => options.onRows?.("copied", (copied += rows));
  for (const table of names.filter((name) => name !== CHUNK_TABLE || sameBlobs))
    await copyRows(from.metadata, to.metadata, table, options.signal, onPage);
  let chunks: ChunkCounts | undefined;
  let damaged: readonly DamagedChunk[] = [];
  if (!sameBlobs) {
    chunks = await copyChunks(from, to, options);
    const rows = await mendChunks(from, to, options);
    damaged = await describeDamaged(from.metadata, rows);
    if (rows.length > 0 && !options.skipDamaged) throw damagedError(damaged, rows.length);
  }
  const tables = await compareTables(from.metadata, to.metadata, names, options);
  await to.metadata.write((tx) => tx.tables.finishCopy());
  return { tables, chunks, damaged };
}

/** Before the first row the place for bytes must be empty too. Returns whether an earlier run has begun. */
export async function requireNoStrangers(to: Storage, names: readonly string[]): Promise<boolean> {
  const rows = await to.metadata.read(async (tx) => {
    const found = [];
    for (const name of names) found.push(await tx.tables.last(name));
    return found;
  });
  if (rows.some((row) => row !== undefined)) return true;
  if ((await hasNone(to, CHUNK_PREFIX)) && (await hasNone(to, PACK_PREFIX))) return false;
  // Nothing was begun, so nothing is unfinished.
  await to.metadata.write((tx) => tx.tables.finishCopy());
  throw failedPrecondition(
    "COPY_TARGET_NOT_EMPTY",
    "The place for the target's blobs has chunks already; choose one that is empty.",
  );
}
