import type { MetadataReader } from "../../domain/metadata-store.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { PARALLEL_CHUNKS, readChecked } from "../copy/chunk-bytes.ts";
import { damagedError, describeDamaged, type DamagedChunk } from "../copy/damaged.ts";
import { everyPage, linesOf, pagesIn, rowsOf, TableDigest } from "../copy/rows.ts";
import { CHUNK_TABLE, hasBytes, type ChunkRow, type CopyOptions, type Storage } from "../copy/storage.ts";
import {
  chunkMember,
  HEAD_NAME,
  MANIFEST_NAME,
  tableMember,
  type ArchiveHead,
  type ArchiveManifest,
} from "./format.ts";
import { ArchiveWriter } from "./writer.ts";

/** What a backup has. */
export interface BackupResult {
  /** Of the archive, absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly head: ArchiveHead;
  readonly manifest: ArchiveManifest;
  /** Left out, on request. */
  readonly damaged: readonly DamagedChunk[];
}

export interface BackupInput extends CopyOptions {
  readonly from: Storage;
  readonly path: string;
  readonly head: ArchiveHead;
}

/** Where a page of chunk rows is in the archive. */
interface Place {
  readonly offset: number;
  readonly sizeBytes: number;
}

/**
 * Writes all rows, as they are at one moment, and the bytes of all chunks to one file. Servers may go on writing: what
 * they add afterwards is not part of it.
 */
export async function backUp({ from, path, head, ...options }: BackupInput): Promise<BackupResult> {
  await using archive = await ArchiveWriter.create(path, Math.floor(Date.parse(head.createdAt) / 1000));
  await archive.add(HEAD_NAME, jsonBytes(head));
  const begin = archive.mark();
  const rows = await from.metadata.read(async (tx) => {
    // A database that was lost half way is read from the begin again.
    archive.rewind(begin);
    return await addTables(tx, archive, options);
  });
  const { damaged: left, ...chunks } = await addChunks(from, archive, rows.chunkPlaces, options);
  const damaged = await describeDamaged(from.metadata, left);
  if (left.length > 0 && !options.skipDamaged) throw damagedError(damaged, left.length);
  const manifest: ArchiveManifest = {
    tables: rows.tables,
    chunks,
    damaged: left.map((chunk) => chunk.digest),
    sha256: archive.sha256,
  };
  await archive.add(MANIFEST_NAME, jsonBytes(manifest));
  await archive.finish();
  return { path: archive.path, sizeBytes: archive.sizeBytes, head, manifest, damaged };
}

async function addTables(tx: MetadataReader, archive: ArchiveWriter, { signal, onRows }: CopyOptions) {
  let copied = 0;
  const tables: ArchiveManifest["tables"] = {};
  const chunkPlaces: Place[] = [];
  for (const table of tx.tables.names) {
    const digest = new TableDigest();
    let number = 0;
    for await (const rows of everyPage(pagesIn(tx), table)) {
      signal?.throwIfAborted();
      const lines = linesOf(rows);
      digest.add(lines, rows.length);
      onRows?.("copied", (copied += rows.length));
      const bytes = new TextEncoder().encode(lines);
      const offset = await archive.add(tableMember(table, (number += 1)), bytes);
      if (table === CHUNK_TABLE) chunkPlaces.push({ offset, sizeBytes: bytes.byteLength });
    }
    tables[table] = digest.finish();
  }
  return { tables, chunkPlaces };
}

async function addChunks(
  from: Storage,
  archive: ArchiveWriter,
  places: readonly Place[],
  { signal, onProgress }: CopyOptions,
) {
  const totals = await from.metadata.read((tx) => tx.chunks.totals());
  const damaged: ChunkRow[] = [];
  const counts = { chunks: 0, bytes: 0 };
  for (const { offset, sizeBytes } of places) {
    const lines = new TextDecoder().decode(await archive.read(offset, sizeBytes));
    const chunks = (rowsOf(lines) as readonly ChunkRow[]).filter(hasBytes);
    for await (const { chunk, bytes } of readAhead(from, chunks)) {
      signal?.throwIfAborted();
      if (bytes === undefined) {
        damaged.push(chunk);
        continue;
      }
      await archive.add(chunkMember(chunk.digest), bytes);
      releaseBytes(bytes);
      counts.chunks += 1;
      counts.bytes += chunk.sizeBytes;
      onProgress?.({
        doneBytes: counts.bytes,
        totalBytes: Math.max(totals.storedBytes, counts.bytes),
        doneChunks: counts.chunks,
        totalChunks: Math.max(totals.count, counts.chunks),
      });
    }
  }
  return { ...counts, damaged };
}

/** The bytes of chunks in their order; those of the next ones are read meanwhile. */
async function* readAhead({ blobs }: Storage, chunks: readonly ChunkRow[]) {
  const rest = chunks.values();
  const ahead: { readonly chunk: ChunkRow; readonly bytes: ReturnType<typeof readChecked> }[] = [];
  const begin = (): void => {
    const { value: chunk, done } = rest.next();
    if (done === true) return;
    const bytes = readChecked(blobs, chunk);
    // Whoever takes it gets the failure.
    bytes.catch(() => undefined);
    ahead.push({ chunk, bytes });
  };
  for (let count = 0; count < PARALLEL_CHUNKS; count += 1) begin();
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    yield { chunk: next.chunk, bytes: await next.bytes };
    begin();
  }
}

function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}
