/**
 * The names of objects in a blob store. A key is never written twice: the generation is new for every time a digest is
 * stored, so that a late delete can't hit new bytes.
 *
 *   chunks/
 *     ab/                                   first two digits of the digest: 256 folders, which are soon all there
 *       <sha256>.<generation>               the bytes of one chunk
 *   packs/                                  many small chunks to an object (written by the pack writer, later)
 */
export const CHUNK_PREFIX = "chunks/";

/** Key of a chunk's own object. */
export function chunkObjectKey(digest: string, generation: string): string {
  return `${CHUNK_PREFIX}${digest.slice(0, 2)}/${digest}.${generation}`;
}
