import { expect } from "bun:test";
import { newId } from "../../domain/ids.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import { nth, type Define } from "./define.ts";
import {
  aChunk,
  aFile,
  aLease,
  aModel,
  aNamespace,
  aVersion,
  aWorld,
  anArtifact,
  keyOf,
  nextTime,
} from "./fixtures.ts";

/** What the files of a namespace are, and what is reserved in it. */
export function storageSumTests(define: Define): void {
  const sums = (store: MetadataStore, namespaceId: string) =>
    store.read((tx) => tx.storage.ofNamespace(namespaceId));

  define("the sums of a namespace follow its files; copies and tracked files are none", async (store) => {
    const { namespace, model, version, checkpoint } = await aWorld(store);
    const none = { fileCount: 0, fileBytes: 0 };
    expect(await sums(store, namespace.id)).toEqual(none);
    const original = anArtifact(keyOf("checkpoint", checkpoint));
    const files = [aFile(original, "a", { sizeBytes: 70 }), aFile(original, "b", { sizeBytes: 0 })];
    const tracked = aFile(original, "c", { sizeBytes: -1, uri: "s3://bucket/c", digestState: "unchecked" });
    const piece = { digest: aChunk("a").digest, offsetBytes: 0, sizeBytes: 70 };
    const copy = anArtifact(keyOf("version", version));
    await store.write(async (tx) => {
      await tx.artifacts.insert(original, [
        { file: nth(files, 0), chunks: [piece] },
        { file: nth(files, 1), chunks: [] },
        { file: tracked, chunks: [] },
      ]);
      await tx.artifacts.copy(original.id, copy);
    });
    expect(await sums(store, namespace.id)).toEqual({ fileCount: 2, fileBytes: 70 });

    // In another namespace they are files of their own.
    const other = aNamespace();
    const elsewhere = aModel(other);
    const there = aVersion(elsewhere);
    const far = anArtifact(keyOf("version", there));
    await store.write(async (tx) => {
      await tx.namespaces.insert(other);
      await tx.models.insert(elsewhere);
      await tx.versions.insert(there);
      await tx.artifacts.copy(original.id, far);
    });
    expect(await sums(store, other.id)).toEqual({ fileCount: 2, fileBytes: 70 });
    expect(await sums(store, namespace.id)).toEqual({ fileCount: 2, fileBytes: 70 });

    await store.write((tx) => tx.artifacts.delete(original.id));
    expect(await sums(store, namespace.id)).toEqual({ fileCount: 2, fileBytes: 70 });
    const failed = store.write(async (tx) => {
      await tx.versions.delete(version.id);
      throw new Error("taken back");
    });
    expect(await failed.catch(String)).toContain("taken back");
    expect(await sums(store, namespace.id)).toEqual({ fileCount: 2, fileBytes: 70 });
    await store.write((tx) => tx.versions.delete(version.id));
    expect(await sums(store, namespace.id)).toEqual(none);
    expect(await sums(store, other.id)).toEqual({ fileCount: 2, fileBytes: 70 });
    // What is as large as a disk still adds up.
    const large = anArtifact(keyOf("model", model));
    const sizeBytes = 5_000_000_000_000_000;
    await store.write((tx) =>
      tx.artifacts.insert(large, [{ file: aFile(large, "big", { sizeBytes }), chunks: [] }]),
    );
    expect(await sums(store, namespace.id)).toEqual({ fileCount: 1, fileBytes: sizeBytes });
  });

  define("a namespace takes its sums with it", async (store) => {
    const namespace = aNamespace({ quotaBytes: 1000 });
    const own = anArtifact(keyOf("namespace", namespace), { id: newId(), name: "notes" });
    await store.write(async (tx) => {
      await tx.namespaces.insert(namespace);
      await tx.artifacts.insert(own, [{ file: aFile(own, "a"), chunks: [] }]);
    });
    expect((await store.read((tx) => tx.namespaces.get(namespace.id)))?.quotaBytes).toBe(1000);
    expect(await sums(store, namespace.id)).toEqual({ fileCount: 1, fileBytes: 10 });
    await store.write((tx) => tx.namespaces.delete(namespace.id));
    const rows = await store.read((tx) => tx.tables.page("namespaceStorage", undefined, 10));
    expect(rows).toEqual([]);
  });

  define("what uploads have reserved is free when they end or run out", async (store) => {
    const { namespace, experiment } = await aWorld(store);
    const key = keyOf("namespace", namespace);
    const upload = (reservedBytes: number, lifeMs: number) =>
      aLease(key, { kind: "upload", reservedBytes, expiresAt: nextTime() + lifeMs * 1000 });
    const leases = [upload(100, 10_000), upload(20, 60_000), upload(0, 60_000)];
    const over = upload(7, 60_000);
    await store.write(async (tx) => {
      for (const lease of [...leases, over]) await tx.leases.insert(lease);
      await tx.leases.insert(aLease(keyOf("experiment", experiment), { reservedBytes: 1000 }));
      await tx.leases.end(over.id, nextTime());
    });
    const reserved = (now: number) => store.read((tx) => tx.leases.reservedBytes(namespace.id, now));
    const now = nextTime();
    expect(await reserved(now)).toBe(120);
    expect(await reserved(now + 11_000_000)).toBe(20);
    expect(await reserved(now + 61_000_000)).toBe(0);
    await store.write((tx) => tx.leases.end(nth(leases, 1).id, now));
    expect(await reserved(now)).toBe(100);
    expect(await store.read((tx) => tx.leases.reservedBytes(aNamespace().id, now))).toBe(0);
  });

  define(
    "of many that lock the room of a namespace at once, each sees what the others took",
    async (store) => {
      const { namespace, model } = await aWorld(store);
      const limit = 100;
      const take = async (index: number): Promise<boolean> =>
        await store.write(async (tx) => {
          const { fileBytes } = await tx.storage.lockNamespace(namespace.id);
          const taken = await tx.leases.reservedBytes(namespace.id, nextTime());
          if (fileBytes + taken + 10 > limit) return false;
          if (index % 2 === 0) {
            const artifact = anArtifact(keyOf("model", model), { name: `a${index}` });
            await tx.artifacts.insert(artifact, [{ file: aFile(artifact, "x"), chunks: [] }]);
            return true;
          }
          const expiresAt = nextTime() + 10 ** 10;
          const key = keyOf("namespace", namespace);
          await tx.leases.insert(aLease(key, { kind: "upload", reservedBytes: 10, expiresAt }));
          return true;
        });
      const took = await Promise.all(Array.from({ length: 24 }, (_, index) => take(index)));
      expect(took.filter(Boolean).length).toBe(10);
    },
  );
}
