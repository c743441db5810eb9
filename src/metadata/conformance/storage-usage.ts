import { expect } from "bun:test";
import type { Artifact, Chunk } from "../../domain/entities.ts";
import type { MetadataStore, NewFile } from "../../domain/metadata-store.ts";
import { addChunks, NO_CHUNKS, type ChunkSpan, type ChunkSums } from "../../domain/storage-report.ts";
import { nth, type Define } from "./define.ts";
import { aChunk, aFile, aModel, aNamespace, aVersion, aWorld, anArtifact, keyOf } from "./fixtures.ts";

/** What files take in the blob store. */
export function storageUsageTests(define: Define): void {
  define("an object has chunks of its own and chunks that others have too", async (store) => {
    const { namespace, checkpoint, version, model } = await aWorld(store);
    const [frozen, own, other, tail] = ["frozen", "own", "other", "tail"].map((name, index) =>
      aChunk(name, { sizeBytes: 100, storedBytes: 10 + index }),
    ) as [Chunk, Chunk, Chunk, Chunk];
    const first = anArtifact(keyOf("checkpoint", checkpoint));
    const extra = anArtifact(keyOf("checkpoint", checkpoint), { name: "extra" });
    const second = anArtifact(keyOf("version", version));
    await store.write(async (tx) => {
      for (const chunk of [frozen, own, other, tail]) await tx.chunks.insert(chunk);
      // A chunk that comes again, in the same file, in another, and in another artifact of the object.
      await tx.artifacts.insert(first, [file(first, "a", [frozen, own, own]), file(first, "b", [own])]);
      await tx.artifacts.insert(extra, [file(extra, "a", [own, tail])]);
      await tx.artifacts.insert(second, [file(second, "a", [other, frozen])]);
    });
    const of = (id: string) => store.read((tx) => tx.storage.ofObject(id));
    expect(await of(checkpoint.id)).toEqual({
      fileCount: 3,
      fileBytes: 600,
      exclusive: { count: 2, sizeBytes: 200, storedBytes: 24 },
      shared: { count: 1, sizeBytes: 100, storedBytes: 10 },
    });
    expect(await of(version.id)).toMatchObject({
      exclusive: { count: 1, sizeBytes: 100, storedBytes: 12 },
      shared: { count: 1, storedBytes: 10 },
    });
    // By copy, and in another namespace.
    const copy = aVersion(model);
    const elsewhere = aNamespace();
    const far = aModel(elsewhere);
    const away = anArtifact(keyOf("model", far));
    await store.write(async (tx) => {
      await tx.versions.insert(copy);
      await tx.artifacts.copy(extra.id, anArtifact(keyOf("version", copy)));
      await tx.namespaces.insert(elsewhere);
      await tx.models.insert(far);
      await tx.artifacts.insert(away, [file(away, "a", [other])]);
    });
    expect(await of(checkpoint.id)).toMatchObject({ exclusive: NO_CHUNKS, shared: { count: 3 } });
    expect(await of(copy.id)).toMatchObject({ fileCount: 1, exclusive: NO_CHUNKS, shared: { count: 2 } });
    expect(await of(version.id)).toMatchObject({ exclusive: NO_CHUNKS, shared: { count: 2 } });
    await store.write((tx) => tx.artifacts.delete(first.id));
    expect(await of(checkpoint.id)).toMatchObject({ exclusive: NO_CHUNKS, shared: { count: 2 } });
    expect(await of(version.id)).toMatchObject({ exclusive: { count: 1, storedBytes: 10 } });
    expect(await of(namespace.id)).toEqual({
      fileCount: 0,
      fileBytes: 0,
      exclusive: NO_CHUNKS,
      shared: NO_CHUNKS,
    });
    expect(await store.read((tx) => tx.storage.ofAll())).toEqual({ fileCount: 3, fileBytes: 500 });
  });

  define("spans of chunks add up, however long they are", async (store) => {
    const { namespace, checkpoint } = await aWorld(store);
    const elsewhere = aNamespace();
    const model = aModel(elsewhere);
    const chunks = Array.from({ length: 23 }, (_, index) => aChunk(`c${index}`, { storedBytes: index }));
    const packed = aChunk("packed", { packId: namespace.id, storedBytes: 1000 });
    const condemned = aChunk("condemned", { state: "condemned", storedBytes: 2000 });
    const unused = aChunk("unused", { storedBytes: 3000 });
    const here = anArtifact(keyOf("checkpoint", checkpoint));
    const there = anArtifact(keyOf("model", model));
    await store.write(async (tx) => {
      await tx.namespaces.insert(elsewhere);
      await tx.models.insert(model);
      for (const chunk of [...chunks, packed, condemned, unused]) await tx.chunks.insert(chunk);
      const few = chunks.slice(0, 5);
      await tx.artifacts.insert(here, [file(here, "a", [...chunks, ...few, packed]), file(here, "b", few)]);
      await tx.artifacts.insert(there, [file(there, "a", few)]);
      await tx.tables.put("packs", [
        { id: namespace.id, objectKey: "packs/p", sizeBytes: 1500, createdAt: 1 },
      ]);
      await tx.tables.put("doomedObjects", [
        { objectKey: "chunks/x", sizeBytes: 70, doomedAt: 1 },
        { objectKey: "chunks/y", sizeBytes: 7, doomedAt: 1 },
      ]);
    });
    for (const limit of [1, 7, 26, 27, 1000]) {
      const spans = await all(store, limit);
      expect(spans.length).toBe(Math.ceil(26 / limit));
      const total = (match: (one: ChunkSpan["chunks"][number]) => boolean) =>
        add(spans.flatMap((span) => span.chunks.filter(match)));
      expect(total((one) => one.used && !one.packed)).toEqual({
        count: 23,
        sizeBytes: 230,
        storedBytes: 253,
      });
      expect(total((one) => one.packed)).toMatchObject({ count: 1, storedBytes: 1000 });
      expect(total((one) => one.condemned)).toMatchObject({ count: 1, storedBytes: 2000 });
      expect(total((one) => !one.used && !one.condemned)).toMatchObject({ count: 1, storedBytes: 3000 });
      const of = (id: string) =>
        add(spans.flatMap((span) => span.namespaces.filter((one) => one.namespaceId === id)));
      expect(of(namespace.id)).toEqual({ count: 24, sizeBytes: 240, storedBytes: 1253 });
      expect(of(elsewhere.id)).toEqual({ count: 5, sizeBytes: 50, storedBytes: 10 });
    }
    expect(await store.read((tx) => tx.storage.otherObjects())).toEqual({ packBytes: 1500, doomedBytes: 77 });
  });

  define("a large object is judged in parts, and each of its chunks once", async (store) => {
    const { namespace, checkpoint } = await aWorld(store);
    const other = aModel(namespace);
    const chunks = Array.from({ length: 60 }, (_, index) => aChunk(`p${index}`, { storedBytes: 1 + index }));
    const here = anArtifact(keyOf("checkpoint", checkpoint));
    const there = anArtifact(keyOf("model", other), { name: "some" });
    await store.write(async (tx) => {
      await tx.models.insert(other);
      for (const chunk of chunks) await tx.chunks.insert(chunk);
      const whole = file(here, "a", [...chunks, ...chunks.slice(0, 9)]);
      // Only its size says that it is large.
      const sizeBytes = 500_000 * 4 * 1024 * 1024;
      await tx.artifacts.insert(here, [{ ...whole, file: { ...whole.file, sizeBytes } }]);
      await tx.artifacts.insert(there, [file(there, "a", chunks.slice(0, 20))]);
    });
    const usage = await store.read((tx) => tx.storage.ofObject(checkpoint.id));
    expect(usage.shared).toEqual({ count: 20, sizeBytes: 200, storedBytes: 210 });
    expect(usage.exclusive).toEqual({ count: 40, sizeBytes: 400, storedBytes: 1620 });
  });

  define("where nothing is stored, all sums are zero", async (store) => {
    expect(await all(store, 10)).toEqual([{ chunks: [], namespaces: [], next: undefined }]);
    await store.read(async (tx) => {
      expect(await tx.storage.ofAll()).toEqual({ fileCount: 0, fileBytes: 0 });
      expect(await tx.storage.otherObjects()).toEqual({ packBytes: 0, doomedBytes: 0 });
    });
  });
}

function file(artifact: Artifact, path: string, chunks: readonly Chunk[]): NewFile {
  let offsetBytes = 0;
  const pieces = chunks.map(({ digest, sizeBytes }) => {
    const piece = { digest, sizeBytes, offsetBytes };
    offsetBytes += sizeBytes;
    return piece;
  });
  return { file: aFile(artifact, path, { sizeBytes: offsetBytes }), chunks: pieces };
}

async function all(store: MetadataStore, limit: number): Promise<readonly ChunkSpan[]> {
  const spans: ChunkSpan[] = [];
  do {
    const from = spans.at(-1)?.next;
    spans.push(await store.read((tx) => tx.storage.chunkSpan(from, limit)));
  } while (nth(spans, spans.length - 1).next !== undefined);
  return spans;
}

function add(rows: readonly ChunkSums[]): ChunkSums {
  return rows.reduce(
    (sum, { count, sizeBytes, storedBytes }) => addChunks(sum, { count, sizeBytes, storedBytes }),
    NO_CHUNKS,
  );
}
