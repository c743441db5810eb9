import type { FileChunk } from "../../domain/entities.ts";

/** A chunk of a file, and the one at its place in the file that it follows. */
export interface ChunkPair {
  readonly chunk: FileChunk;
  readonly earlier: FileChunk | undefined;
}

/**
 * Pairs the chunks of a file with those of the file that it follows. Both were cut where tensors begin, so chunks at the
 * same offset, or in the same place of the order, hold the same tensors. Where the numbers of chunks differ, those of equal
 * length from the beginning and from the end are paired.
 */
export function pairChunks(
  chunks: readonly FileChunk[],
  earlier: readonly FileChunk[],
): readonly ChunkPair[] {
  const shift = earlier.length - chunks.length;
  const byOffset = new Map(earlier.map((chunk) => [chunk.offsetBytes, chunk]));
  let fromBegin = 0;
  let fromEnd = 0;
  if (shift !== 0) {
    const limit = Math.min(chunks.length, earlier.length);
    while (fromBegin < limit && chunks[fromBegin]?.sizeBytes === earlier[fromBegin]?.sizeBytes)
      fromBegin += 1;
    while (
      fromEnd < limit - fromBegin &&
      chunks.at(-1 - fromEnd)?.sizeBytes === earlier.at(-1 - fromEnd)?.sizeBytes
    )
      fromEnd += 1;
  }
  return chunks.map((chunk, index) => {
    const atOffset = byOffset.get(chunk.offsetBytes);
    if (atOffset?.sizeBytes === chunk.sizeBytes) return { chunk, earlier: atOffset };
    if (shift === 0 || index < fromBegin) return { chunk, earlier: earlier[index] };
    if (index >= chunks.length - fromEnd) return { chunk, earlier: earlier[index + shift] };
    return { chunk, earlier: atOffset };
  });
}
