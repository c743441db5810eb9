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
  return `${CHUNK_PREFIX}${digest.slice(0, 2)}/${digest}.${generation}`;
}

/** Key of a pack of chunks. */
export function packObjectKey(id: string): string {
  return `${PACK_PREFIX}${id.slice(-2)}/${id}`;
}
