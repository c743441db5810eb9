import { expect, test } from "bun:test";
import fc from "fast-check";
import { DOWNLOAD_RANGE_BYTES } from "../transfer/limits.ts";
import { RangeBuilder, type ChunkRange } from "./chunk-range.ts";
import type { StoredChunk } from "./stored-chunks.ts";

/** Chunks in order, some of them left out because they are on disk already. */
const chunkLists = fc
  .array(fc.record({ sizeBytes: fc.integer({ min: 1, max: 8 * 1024 * 1024 }), isHere: fc.boolean() }), {
    maxLength: 60,
  })
  .map((list) => {
    const chunks: StoredChunk[] = [];
    let offsetBytes = 0;
    for (const { sizeBytes, isHere } of list) {
      if (!isHere) chunks.push({ sha256: "", offsetBytes, sizeBytes });
      offsetBytes += sizeBytes;
    }
    return chunks;
  });

function rangesOf(chunks: readonly StoredChunk[]): ChunkRange[] {
  const builder = new RangeBuilder();
  const ranges = chunks.map((chunk) => builder.add(chunk));
  return [...ranges, builder.take()].filter((range) => range !== undefined);
}

function sizeOf(range: ChunkRange): number {
  return range.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
}

test("ranges hold every chunk once and in order, without gaps inside, and no more than fits", () => {
  fc.assert(
    fc.property(chunkLists, (chunks) => {
      const ranges = rangesOf(chunks);
      expect(ranges.flat()).toEqual(chunks);
      for (const range of ranges) {
        const [first] = range;
        const last = range.at(-1);
        if (first === undefined || last === undefined) throw new Error("an empty range");
        expect(last.offsetBytes + last.sizeBytes - first.offsetBytes).toBe(sizeOf(range));
        expect(sizeOf(range)).toBeLessThanOrEqual(DOWNLOAD_RANGE_BYTES);
      }
    }),
  );
});

test("neighbours that fit share a range", () => {
  const chunk = (offsetBytes: number) => ({ sha256: "", offsetBytes, sizeBytes: DOWNLOAD_RANGE_BYTES / 4 });
  const chunks = Array.from({ length: 6 }, (_, index) => chunk((index * DOWNLOAD_RANGE_BYTES) / 4));
  expect(rangesOf(chunks).map((range) => range.length)).toEqual([4, 2]);
});
