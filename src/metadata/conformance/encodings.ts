import { expect } from "bun:test";
import type { Chunk } from "../../domain/entities.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import { MIN_ENCODED_CHUNK_BYTES } from "../../domain/limits.ts";
import type { Define } from "./define.ts";
import { aChunk, aFile, anArtifact, aWorld, keyOf, nextTime } from "./fixtures.ts";

/** Forms are switched only to what can be read, and what waits for it is found. */
export function encodingTests(define: Define): void {
  define(
    "files with chunks that are worth it wait to be encoded, until they are or are deleted",
    async (store) => {
      const { version } = await aWorld(store);
      const artifact = anArtifact(keyOf("version", version));
      const files = ["a", "b", "c"].map((path) => aFile(artifact, path));
      const sizes = [MIN_ENCODED_CHUNK_BYTES, MIN_ENCODED_CHUNK_BYTES - 1, MIN_ENCODED_CHUNK_BYTES];
      const chunks = files.map(({ path }, index) => aChunk(path, { sizeBytes: sizes[index] ?? 0 }));
      await store.write((tx) =>
        tx.artifacts.insert(
          artifact,
          files.map((file, index) => ({
            file,
            chunks: [{ digest: chunks[index]?.digest ?? "", offsetBytes: 0, sizeBytes: sizes[index] ?? 0 }],
          })),
        ),
      );
      const pending = (now = 0) => store.read((tx) => tx.encodings.pendingFiles(now, 10));
      expect(await pending()).toEqual([files[0], files[2]].map((file) => file ?? ""));
      expect(await store.read((tx) => tx.encodings.pendingFiles(0, 1))).toHaveLength(1);
      await store.write((tx) => tx.encodings.postponeFile(files[0]?.id ?? "", 5));
      expect(await pending(4)).toEqual([files[2] ?? ""]);
      expect(await store.read((tx) => tx.encodings.waiting(4))).toEqual({ files: 1, rebases: 0 });
      expect(await pending(5)).toEqual([files[2], files[0]].map((file) => file ?? ""));
      await store.write((tx) => tx.encodings.finishFile(files[0]?.id ?? ""));
      expect(await store.read((tx) => tx.encodings.waiting(5))).toEqual({ files: 1, rebases: 0 });
      await store.write((tx) => tx.artifacts.delete(artifact.id));
      expect(await pending()).toEqual([]);
    },
  );

  define("a form is switched with its totals, depths and object", async (store) => {
    const [bottom, middle, top] = await chain(store);
    const read = (chunk: Chunk) => store.read(async (tx) => (await tx.chunks.getMany([chunk.digest]))[0]);
    expect(await switchForm(store, middle, encoded(middle, top))).toBe(true);
    expect(await switchForm(store, bottom, encoded(bottom, { ...middle, chainDepth: 1 }))).toBe(true);
    expect(await read(bottom)).toEqual(encoded(bottom, { ...middle, chainDepth: 1 }));
    const heights = [top, middle, bottom].map(({ digest }) =>
      store.read((tx) => tx.encodings.height(digest, 9)),
    );
    expect(await Promise.all(heights)).toEqual([2, 1, 0]);
    expect(await store.read((tx) => tx.encodings.height(top.digest, 1))).toBe(1);
    const now = await read(middle);
    if (now === undefined) throw new Error("the row is gone");
    const alone = { ...encoded(now, undefined), generation: "again", objectKey: "again", storedBytes: 9 };
    expect(await switchForm(store, now, alone)).toBe(true);
    expect((await read(bottom))?.chainDepth).toBe(1);
    expect(await store.read((tx) => tx.chunks.totals())).toEqual({ count: 3, storedBytes: 10 + 9 + 4 });
    const doomed = await store.read((tx) => tx.garbage.doomed(Number.MAX_SAFE_INTEGER, 9));
    expect(doomed.map(({ objectKey }) => objectKey).toSorted()).toEqual(
      [bottom.objectKey, middle.objectKey, now.objectKey].toSorted(),
    );
  });

  define("a form is not switched when the row or its base are others by now", async (store) => {
    const [bottom, middle, top] = await chain(store);
    const refused = async (from: Chunk, to: Chunk) => expect(await switchForm(store, from, to)).toBe(false);
    await refused({ ...bottom, generation: "other" }, encoded(bottom, top));
    await refused(top, encoded(top, bottom));
    await refused(bottom, encoded(bottom, aChunk("nobody")));
    await refused(bottom, encoded(bottom, { ...top, chainDepth: 1 }));
    await store.write((tx) => tx.garbage.condemn([middle], nextTime()));
    await refused(bottom, encoded(bottom, middle));
    await refused(middle, encoded(middle, top));
    await store.write((tx) => tx.chunks.quarantine(top.digest, top.generation));
    await refused(bottom, encoded(bottom, top));
    expect(await store.read((tx) => tx.chunks.totals())).toEqual({ count: 3, storedBytes: 30 });
  });

  define("rebases wait until they are done", async (store) => {
    const [bottom, middle, top] = await chain(store);
    await switchForm(store, middle, encoded(middle, top));
    await switchForm(store, bottom, encoded(bottom, top));
    await store.write((tx) => tx.garbage.requestRebases([top.digest]));
    const both = [bottom.digest, middle.digest].toSorted();
    expect(await store.read((tx) => tx.encodings.pendingRebases(9))).toEqual(both);
    await store.write((tx) => tx.encodings.finishRebase(both[0] ?? ""));
    expect(await store.read((tx) => tx.encodings.pendingRebases(9))).toEqual([both[1] ?? ""]);
    expect(await store.read((tx) => tx.encodings.waiting(0))).toEqual({ files: 0, rebases: 1 });
  });
}

/** Three chunks, oldest first. */
async function chain(store: MetadataStore): Promise<readonly [Chunk, Chunk, Chunk]> {
  const chunk = (name: string) => aChunk(name, { durable: true });
  const chunks = [chunk("bottom"), chunk("middle"), chunk("top")] as const;
  for (const one of chunks) await store.write((tx) => tx.chunks.insert(one));
  return chunks;
}

/** The chunk in another form. */
function encoded(chunk: Chunk, base: Chunk | undefined): Chunk {
  return {
    ...chunk,
    generation: `${chunk.generation} anew`.slice(-36),
    objectKey: `${chunk.objectKey} anew`,
    storedBytes: 4,
    encoding: base === undefined ? "grouped-zstd" : "delta-grouped-zstd",
    baseDigest: base?.digest ?? "",
    chainDepth: base === undefined ? 0 : base.chainDepth + 1,
  };
}

function switchForm(store: MetadataStore, from: Chunk, to: Chunk): Promise<boolean> {
  return store.write((tx) => tx.encodings.switchForm(from, to, nextTime()));
}
