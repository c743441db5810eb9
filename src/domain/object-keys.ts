/**
 * The names of objects in a blob store. A key is never written twice: the generation is new for every time a digest is
 * stored, so that a late delete can't hit new bytes.
 *
 *   chunks/
 *     ab/                                   first two digits of the digest: 256 folders, which are soon all there
 *       <sha256>.<generation>               the bytes of one chunk
 *   packs/
 *     ab/                                   last two digits of the id, which are random
 *       <id>                                many small chunks; pack-format.ts has its form
 */
export const CHUNK_PREFIX = "chunks/";
export const PACK_PREFIX = "packs/";

/** Key of a chunk's own object. */
export function chunkObjectKey(digest: string, generation: string): string {
  return `${chunkObjectPrefix(digest)}${generation}`;
}

/** Key of a pack of chunks. */
export function packObjectKey(id: string): string {
  return `${PACK_PREFIX}${id.slice(-2)}/${id}`;
}

/** The digest of the chunk whose own object has this key; undefined for other keys. */
export function digestOfKey(key: string): string | undefined {
  return /^chunks\/[0-9a-f]{2}\/([0-9a-f]{64})\./.exec(key)?.[1];
}

/** The id of the pack with this key; undefined for other keys. */
export function packIdOfKey(key: string): string | undefined {
  return /^packs\/[0-9a-f]{2}\/([0-9a-f-]{36})$/.exec(key)?.[1];
}

/** What all keys of a chunk's own objects begin with. */
export function chunkObjectPrefix(digest: string): string {
  return `${CHUNK_PREFIX}${digest.slice(0, 2)}/${digest}.`;
}
