import type { BlobStore } from "../../domain/blob-store.ts";
import type { Chunk, Pack } from "../../domain/entities.ts";
import type { TableRow } from "../../domain/table-rows.ts";
import { releaseBytes } from "../../hashing/release.ts";
import { decodesRight, readObject, storeObject } from "./chunk-bytes.ts";
import { everyPage, PAGE_ROWS, pagesOf } from "./rows.ts";
import type { CopyOptions, Storage } from "./storage.ts";

/** What became of the packs. */
export interface CopiedPacks {
  /** Chunks in them whose bytes are damaged or missing. */
  readonly damaged: ReadonlySet<string>;
  /** Chunks that were sent by this run, and their stored bytes. */
  readonly sentChunks: number;
  readonly sentBytes: number;
}

/** Copies the objects of packs, each whole and once, and looks at every chunk in them. */
export async function copyPacks(from: Storage, to: Storage, { signal }: CopyOptions): Promise<CopiedPacks> {
  const damaged = new Set<string>();
  const sent = { sentChunks: 0, sentBytes: 0 };
  for await (const rows of everyPage(pagesOf(from.metadata), "packs")) {
    for (const pack of rows as readonly (Pack & TableRow)[]) {
      signal?.throwIfAborted();
      const copied = await copyPack(from, to, pack);
      for (const { digest } of copied.damaged) damaged.add(digest);
      if (!copied.isSent) continue;
      sent.sentChunks += copied.good.length;
      sent.sentBytes += copied.good.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
    }
  }
  return { damaged, ...sent };
}

interface Looked {
  readonly good: readonly Chunk[];
  readonly damaged: readonly Chunk[];
}

/** Copies one pack unless it is there, and right as far as the source's is. */
export async function copyPack(
  from: Storage,
  to: Storage,
  pack: Pack,
): Promise<Looked & { readonly isSent: boolean }> {
  const { objectKey, sizeBytes } = pack;
  const isThere = (await to.blobs.stat(objectKey))?.sizeBytes === sizeBytes;
  const there = isThere ? await lookInto(from, pack, to.blobs) : undefined;
  if (there?.damaged.length === 0) return { ...there, isSent: false };
  const chunks = await chunksOf(from, pack);
  const bytes = await readObject(from.blobs, objectKey, sizeBytes);
  if (bytes === undefined) return { ...(there ?? { good: [], damaged: chunks }), isSent: false };
  const looked = await lookAt(from, chunks, bytes);
  if (there !== undefined && there.damaged.length <= looked.damaged.length) {
    releaseBytes(bytes);
    return { ...there, isSent: false };
  }
  await to.blobs.delete(objectKey);
  await storeObject(to.blobs, objectKey, bytes);
  await to.blobs.flush([objectKey]);
  return { ...looked, isSent: true };
}

/** Undefined when the store has no such object. */
async function lookInto(from: Storage, pack: Pack, blobs: BlobStore): Promise<Looked | undefined> {
  const bytes = await readObject(blobs, pack.objectKey, pack.sizeBytes);
  if (bytes === undefined) return undefined;
  const looked = await lookAt(from, await chunksOf(from, pack), bytes);
  releaseBytes(bytes);
  return looked;
}

async function lookAt(
  from: Storage,
  chunks: readonly Chunk[],
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Looked> {
  const looked = { good: [] as Chunk[], damaged: [] as Chunk[] };
  for (const chunk of chunks) {
    const isRight = await decodesRight(from, chunk, bytes);
    (isRight ? looked.good : looked.damaged).push(chunk);
  }
  return looked;
}

async function chunksOf({ metadata }: Storage, { id }: Pack): Promise<readonly Chunk[]> {
  const chunks: Chunk[] = [];
  for (;;) {
    const after = chunks.at(-1)?.digest;
    const page = await metadata.read((tx) => tx.checks.chunksOfPack(id, after, PAGE_ROWS));
    chunks.push(...page);
    if (page.length < PAGE_ROWS) return chunks;
  }
}
