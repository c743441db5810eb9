import type { Chunk } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { readRight } from "../blobs/right-bytes.ts";
import { PARALLEL_CHUNKS } from "../copy/chunk-bytes.ts";
import { damagedError, describeDamaged, type DamagedChunk } from "../copy/damaged.ts";
import { everyPage, linesOf, pagesIn, rowsOf, TableDigest } from "../copy/rows.ts";
import { CHUNK_TABLE, type ChunkRow, type CopyOptions, type Storage } from "../copy/storage.ts";
import {
  chunkMember,
  HEAD_NAME,
  MANIFEST_NAME,
  tableMember,
  type ArchiveHead,
  type ArchiveManifest,
} from "./format.ts";
import { LEFT_OUT, PlainRows } from "./plain-rows.ts";
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
  /** Keeps what the archive needs from being collected meanwhile; called now and then. Default: nobody collects. */
  readonly keepUp?: (() => Promise<void>) | undefined;
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
export async function backUp({
  from,
  path,
  head,
  keepUp = () => Promise.resolve(),
  ...options
}: BackupInput): Promise<BackupResult> {
  await using archive = await ArchiveWriter.create(path, Math.floor(Date.parse(head.createdAt) / 1000));
  await archive.add(HEAD_NAME, jsonBytes(head));
  await keepUp();
  const begin = archive.mark();
  const rows = await from.metadata.read(async (tx) => {
    // A database that was lost half way is read from the begin again.
    archive.rewind(begin);
    return await addTables(tx, archive, options);
  });
  const added = await addChunks(from, archive, rows.chunkPlaces, { ...options, keepUp });
  const { damaged: left, lost, ...chunks } = added;
  const damaged = await describeDamaged(from.metadata, left);
  if (left.length > 0 && !options.skipDamaged) throw damagedError(damaged, left.length);
  const manifest: ArchiveManifest = {
    tables: rows.tables,
    chunks,
    damaged: lost,
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
  const plain = new PlainRows();
  for (const table of tx.tables.names.filter((name) => !LEFT_OUT.has(name))) {
    const digest = new TableDigest();
    let number = 0;
    const add = async (rows: readonly TableRow[]): Promise<void> => {
      if (rows.length === 0) return;
      const lines = linesOf(rows);
      digest.add(lines, rows.length);
      onRows?.("copied", (copied += rows.length));
      const bytes = new TextEncoder().encode(lines);
      const offset = await archive.add(tableMember(table, (number += 1)), bytes);
      if (table === CHUNK_TABLE) chunkPlaces.push({ offset, sizeBytes: bytes.byteLength });
    };
    for await (const rows of everyPage(pagesIn(tx), table)) {
      signal?.throwIfAborted();
      await add(plain.page(table, rows));
    }
    await add(plain.rest(table));
    tables[table] = digest.finish();
  }
  return { tables, chunkPlaces };
}

async function addChunks(
  from: Storage,
  archive: ArchiveWriter,
  places: readonly Place[],
  { signal, onProgress, keepUp }: CopyOptions & { readonly keepUp: () => Promise<void> },
) {
  const totals = await from.metadata.read((tx) => tx.chunks.totals());
  const damaged: ChunkRow[] = [];
  const lost: string[] = [];
  const counts = { chunks: 0, bytes: 0 };
  for (const { offset, sizeBytes } of places) {
    const lines = new TextDecoder().decode(await archive.read(offset, sizeBytes));
    const rows = rowsOf(lines) as readonly ChunkRow[];
    const found = await from.metadata.read((tx) => tx.chunks.getMany(rows.map(({ digest }) => digest)));
    const places = new Map(found.map((chunk) => [chunk.digest, chunk]));
    const chunks = rows.map((row) => ({ row, chunk: places.get(row.digest) }));
    for await (const { row, chunk, bytes } of readAhead(from, chunks)) {
      signal?.throwIfAborted();
      await keepUp();
      if (bytes === undefined) {
        lost.push(row.digest);
        // Nobody needs one that is being collected.
        if (chunk?.state !== "condemned")
          damaged.push({ ...row, objectKey: chunk?.objectKey ?? row.objectKey });
        continue;
      }
      await archive.add(chunkMember(row.digest), bytes);
      releaseBytes(bytes);
      counts.chunks += 1;
      counts.bytes += row.sizeBytes;
      onProgress?.({
        doneBytes: counts.bytes,
        totalBytes: Math.max(totals.storedBytes, counts.bytes),
        doneChunks: counts.chunks,
        totalChunks: Math.max(totals.count, counts.chunks),
      });
    }
  }
  return { ...counts, damaged, lost };
}

/** A row of the archive, and where its bytes are by now; undefined when they are gone. */
interface Wanted {
  readonly row: ChunkRow;
  readonly chunk: Chunk | undefined;
}

/** The bytes of chunks in their order; those of the next ones are read meanwhile. */
async function* readAhead(from: Storage, chunks: readonly Wanted[]) {
  const rest = chunks.values();
  const ahead: (Wanted & { readonly bytes: Promise<Uint8Array<ArrayBuffer> | undefined> })[] = [];
  const begin = (): void => {
    const { value, done } = rest.next();
    if (done === true) return;
    const bytes = plainBytes(from, value);
    // Whoever takes it gets the failure.
    bytes.catch(() => undefined);
    ahead.push({ ...value, bytes });
  };
  for (let count = 0; count < PARALLEL_CHUNKS; count += 1) begin();
  for (let next = ahead.shift(); next !== undefined; next = ahead.shift()) {
    yield { ...next, bytes: await next.bytes };
    begin();
  }
}

async function plainBytes(from: Storage, { chunk }: Wanted): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return chunk && (await readRight(from, chunk)).bytes;
}

function jsonBytes(value: unknown): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, undefined, 2)}\n`);
}
