import { expect } from "bun:test";
import type { FileChunk } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import { fails, nth } from "./define.ts";
import type { Define } from "./define.ts";
import { aChunk, aFile, aPack, aWorld, anArtifact, digest, keyOf } from "./fixtures.ts";

/** What is written or looked up for many files and chunks with few statements. */
export function manyAtOnceTests(define: Define): void {
  define("many files are looked up at once, with their pieces", async (store) => {
    const { version } = await aWorld(store);
    const artifact = anArtifact(keyOf("version", version));
    const files = ["a", "b", "c"].map((path) => aFile(artifact, path, { sizeBytes: 30 }));
    const pieceOf = (index: number): FileChunk => ({
      digest: digest(`piece ${index}`),
      offsetBytes: index * 10,
      sizeBytes: 10,
    });
    const pieces = [0, 1, 2].map(pieceOf);
    await store.write((tx) =>
      tx.artifacts.insert(
        artifact,
        files.map((file) => ({ file, chunks: pieces.toReversed() })),
      ),
    );
    const ids = [nth(files, 2).id, nth(files, 0).id];
    await store.read(async (tx) => {
      const found = await tx.artifacts.filesById([...ids, newId()]);
      expect(new Map(found.map((file) => [file.id, file]))).toEqual(
        new Map([nth(files, 0), nth(files, 2)].map((file) => [file.id, file])),
      );
      expect(await tx.artifacts.filesById([])).toEqual([]);
      const all = await tx.artifacts.chunksOfFiles(ids, 100);
      expect(all).toHaveLength(6);
      for (const id of ids)
        expect(all.filter(({ fileId }) => fileId === id)).toEqual(
          pieces.map((piece) => ({ fileId: id, ...piece })),
        );
      expect(await tx.artifacts.chunksOfFiles(ids, 4)).toEqual(all.slice(0, 4));
    });
  });

  define("many chunks are stored at once as they are one by one", async (store) => {
    const known = aChunk("known");
    const bad = aChunk("bad", { state: "quarantined", storedBytes: 3 });
    const pack = aPack();
    const inPack = (content: string, index: number) =>
      aChunk(content, { packId: pack.id, objectKey: pack.objectKey, objectOffset: index * 10 });
    const contents = ["known", "bad", ...Array.from({ length: 150 }, (_, index) => `new ${index}`)];
    const chunks = contents.map(inPack);
    await store.write(async (tx) => {
      await tx.chunks.insert(known);
      await tx.chunks.insert(bad);
    });
    await store.write(async (tx) => {
      await tx.packs.insert(pack);
      const rows = await tx.chunks.insertMany([...chunks, aChunk("new 0")]);
      expect(rows.get(known.digest)).toEqual(known);
      for (const chunk of chunks.slice(1)) expect(rows.get(chunk.digest)).toEqual(chunk);
      expect(rows.size).toBe(chunks.length);
      expect(await tx.chunks.insertMany([])).toEqual(new Map());
    });
    await store.read(async (tx) => {
      const rows = await tx.chunks.getMany(chunks.map((chunk) => chunk.digest));
      expect(new Map(rows.map((row) => [row.digest, row]))).toEqual(
        new Map([known, ...chunks.slice(1)].map((row) => [row.digest, row])),
      );
      expect(await tx.chunks.totals()).toEqual({ count: 152, storedBytes: 1_520 });
      expect(await tx.packs.get(pack.id)).toEqual(pack);
      expect(await tx.packs.get(newId())).toBeUndefined();
    });
    await fails(
      store.write((tx) => tx.packs.insert(pack)),
      "already_exists",
    );
  });

  define("the same chunks that are stored at once are stored once", async (store) => {
    const groups = Array.from({ length: 4 }, (_, group) =>
      Array.from({ length: 70 }, (_item, index) => aChunk(`shared ${(index * 7 + group * 20) % 100}`)),
    );
    const answers = await Promise.all(
      groups.map((chunks) => store.write((tx) => tx.chunks.insertMany(chunks))),
    );
    const digests = Array.from({ length: 100 }, (_, index) => digest(`shared ${index}`));
    const rows = await store.read((tx) => tx.chunks.getMany(digests));
    const byDigest = new Map(rows.map((row) => [row.digest, row]));
    for (const answer of answers)
      for (const [one, row] of answer) expect(row.generation).toBe(byDigest.get(one)?.generation ?? "");
    expect(await store.read((tx) => tx.chunks.totals())).toEqual({
      count: rows.length,
      storedBytes: rows.length * 10,
    });
  });
}
