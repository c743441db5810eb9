import { eachLimited } from "../../domain/each-limited.ts";
import { conflict } from "../../domain/errors.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import type { Chunk } from "../../domain/entities.ts";
import { holdsChunk, PARALLEL_CHUNKS, storeChunk } from "../copy/chunk-bytes.ts";
import { requireNoStrangers } from "../copy/copy.ts";
import { putRows } from "../copy/copy-rows.ts";
import { everyPage, linesOf, pagesOf, rowsOf, TableDigest } from "../copy/rows.ts";
import type { CopyOptions, Storage, TableSummary } from "../copy/storage.ts";
import type { CheckedArchive } from "./check-archive.ts";
import { damaged } from "./damaged-archive.ts";
import { memberOf } from "./format.ts";
import { membersOf } from "./reader.ts";

export interface RestoreInput extends Pick<CopyOptions, "signal" | "onProgress"> {
  /** Its metadata is marked as unfinished, and empty or begun by an earlier run. */
  readonly to: Storage;
  readonly archive: CheckedArchive;
}

/**
 * Fills a storage from an archive that was checked, and makes sure that all rows are there. A run that was broken off is
 * continued by the next; what it throws leaves the target unfinished.
 */
export async function restore({ to, archive, signal, onProgress }: RestoreInput): Promise<void> {
  const { tables, chunks, damaged: lost } = archive.manifest;
  const names = await to.metadata.read(async (tx) => tx.tables.names);
  const isBegun = await requireNoStrangers(to, names);
  const done = { doneBytes: 0, doneChunks: 0 };
  const waiting: Waiting[] = [];
  const store = async (): Promise<void> => {
    const group = waiting.splice(0);
    await storeAll(to, group, isBegun);
    for (const { bytes } of group) done.doneBytes += bytes.byteLength;
    done.doneChunks += group.length;
    onProgress?.({ ...done, totalBytes: chunks.bytes, totalChunks: chunks.chunks });
  };
  for await (const { name, bytes } of membersOf(archive.path)) {
    signal?.throwIfAborted();
    const kind = memberOf(name);
    if (kind.type === "table") {
      if (!names.includes(kind.table)) throw damaged(`it has an unknown table ${kind.table}`);
      await putRows(to.metadata, kind.table, rowsOf(new TextDecoder().decode(bytes)));
    } else if (kind.type === "chunk") {
      waiting.push({ digest: kind.digest, bytes: bytes.slice() });
      if (waiting.length === PARALLEL_CHUNKS) await store();
    }
  }
  await store();
  const empty = new TableDigest().finish();
  for (const table of names) await requireTable(to.metadata, table, tables[table] ?? empty);
  await to.metadata.write(async (tx) => {
    for (const row of await tx.chunks.getMany(lost)) await tx.chunks.quarantine(row.digest, row.generation);
  });
  await to.metadata.write((tx) => tx.tables.finishCopy());
}

/** A chunk that was read and is not stored yet. */
interface Waiting {
  readonly digest: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

async function storeAll(to: Storage, group: readonly Waiting[], mayBeThere: boolean): Promise<void> {
  const digests = group.map((one) => one.digest);
  const found = await to.metadata.read((tx) => tx.chunks.getMany(digests));
  const rows = new Map<string, Chunk>(found.map((row) => [row.digest, row]));
  const stored: string[] = [];
  await eachLimited(group, PARALLEL_CHUNKS, async ({ digest, bytes }) => {
    const row = rows.get(digest);
    if (row === undefined) throw damaged(`its chunk ${digest} belongs to no row`);
    if (!mayBeThere || !(await holdsChunk(to.blobs, to, row))) await storeChunk(to.blobs, row, bytes);
    stored.push(row.objectKey);
  });
  await to.blobs.flush(stored);
}

async function requireTable(metadata: MetadataStore, table: string, wanted: TableSummary): Promise<void> {
  const digest = new TableDigest();
  for await (const rows of everyPage(pagesOf(metadata), table)) digest.add(linesOf(rows), rows.length);
  if (Bun.deepEquals(digest.finish(), wanted)) return;
  throw conflict(
    "COPY_DIFFERS",
    `The table ${table} of the target is not the archive's: something has written to it meanwhile, or it was begun with ` +
      "other rows. Empty the target and the place of its blobs, and restore again.",
    { table },
  );
}
