import { expect } from "bun:test";
import { newId } from "../../domain/ids.ts";
import { TOTAL_SHARDS } from "../../domain/storage-checks.ts";
import { aChunk } from "./fixtures.ts";
import type { Define } from "./define.ts";

/** What checks of the storage ask for, and what repairs write. */
export function checkTests(define: Define): void {
  define("chunks of a pack come by digest, page by page", async (store) => {
    const packId = newId();
    const pack = { id: packId, objectKey: "packs/ab/c", sizeBytes: 50, createdAt: 1 };
    const chunks = Array.from({ length: 5 }, (_, index) =>
      aChunk(`in pack ${index}`, { packId, objectKey: pack.objectKey, objectOffset: index * 10 }),
    );
    await store.write(async (tx) => {
      await tx.checks.putPack({ ...pack, sizeBytes: 1 });
      await tx.checks.putPack(pack);
      for (const chunk of [...chunks, aChunk("alone")]) await tx.chunks.insert(chunk);
    });
    const sorted = chunks.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
    await store.read(async (tx) => {
      expect(await tx.checks.packs([packId, newId()])).toEqual([pack]);
      expect(await tx.checks.chunksOfPack(packId, undefined, 3)).toEqual(sorted.slice(0, 3));
      expect(await tx.checks.chunksOfPack(packId, sorted[2]?.digest, 3)).toEqual(sorted.slice(3));
    });
    await store.write((tx) => tx.checks.removePack(packId));
    expect(await store.read((tx) => tx.checks.packs([packId]))).toEqual([]);
  });

  define("objects that wait to be deleted are told from others", async (store) => {
    await store.write((tx) => tx.garbage.doom([{ objectKey: "chunks/a", sizeBytes: 1, doomedAt: 1 }]));
    const doomed = await store.read((tx) => tx.checks.doomed(["chunks/a", "chunks/b"]));
    expect([...doomed]).toEqual(["chunks/a"]);
  });

  define("totals are what is noted beside what is there, and are counted again", async (store) => {
    const chunks = Array.from({ length: 40 }, (_, index) => aChunk(`counted ${index}`));
    await store.write(async (tx) => {
      for (const chunk of chunks) await tx.chunks.insert(chunk);
    });
    const shards = Array.from({ length: TOTAL_SHARDS }, (_, shard) => shard);
    const totals = () =>
      store.read(async (tx) => {
        const all = [];
        for (const shard of shards) all.push(await tx.checks.totals(shard));
        return all;
      });
    const right = await totals();
    for (const [shard, { noted, counted }] of right.entries()) {
      const { length } = chunks.filter(({ digest }) => digest.startsWith(shard.toString(16)));
      expect(counted).toEqual({ count: length, storedBytes: length * 10 });
      expect(noted).toEqual(counted);
    }
    await store.write(async (tx) => {
      const rows = await tx.tables.page("chunkTotals", undefined, TOTAL_SHARDS);
      const wrong = rows.map((row) => ({ ...row, count: 4711, storedBytes: 0 }));
      await tx.tables.put("chunkTotals", wrong);
    });
    expect(await totals()).not.toEqual(right);
    for (const shard of shards) await store.write((tx) => tx.checks.recount(shard));
    expect(await totals()).toEqual(right);
    expect(await store.read((tx) => tx.chunks.totals())).toEqual({ count: 40, storedBytes: 400 });
  });
}
