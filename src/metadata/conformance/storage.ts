import { expect } from "bun:test";
import type { FileChunk, StoredFile } from "../../domain/entities.ts";
import { newId } from "../../domain/ids.ts";
import type { MetadataStore, NewFile } from "../../domain/metadata-store.ts";
import { fails, nth } from "./define.ts";
import type { Define } from "./define.ts";
import {
  aChunk,
  aFile,
  aLease,
  aNamespace,
  aVersion,
  aWorld,
  anArtifact,
  digest,
  keyOf,
  nextTime,
} from "./fixtures.ts";

/** Artifacts and files, where chunks are and who may know, and leases. */
export function storageTests(define: Define): void {
  fileTests(define);
  chunkTests(define);
  leaseTests(define);
}

function fileTests(define: Define): void {
  define("an artifact has its files, in the order of their paths", async (store) => {
    const { version } = await aWorld(store);
    const artifact = anArtifact(keyOf("version", version));
    const paths = [
      "b/2.bin",
      "a.txt",
      "b/1.bin",
      "b.txt",
      "b0",
      "b-1",
      "ä/ö",
      "\u{1f600}",
      "\u{fffd}",
      "b/c/d",
    ];
    const files = paths.map((path) => aFile(artifact, path));
    await insert(store, artifact, files);
    const bytewise = paths.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
    const list = (prefix: string, after?: string, limit = 100) =>
      store.read(async (tx) =>
        (await tx.artifacts.files(artifact.id, prefix, after, limit)).map((file) => file.path),
      );
    expect(await list("")).toEqual(bytewise);
    expect(await list("", "b.txt", 2)).toEqual(["b/1.bin", "b/2.bin"]);
    expect(await list("b")).toEqual(["b/1.bin", "b/2.bin", "b/c/d"]);
    expect(await list("b/")).toEqual(["b/1.bin", "b/2.bin", "b/c/d"]);
    expect(await list("b", "b/1.bin", 1)).toEqual(["b/2.bin"]);
    expect(await list("a.txt")).toEqual(["a.txt"]);
    expect(await list("a.txt", "a.txt")).toEqual([]);
    expect(await list("a")).toEqual([]);
    await store.read(async (tx) => {
      expect(await tx.artifacts.get(artifact.id)).toEqual(artifact);
      expect(await tx.artifacts.find(version.id, "default")).toEqual(artifact);
      expect(await tx.artifacts.find(version.id, "Default")).toBeUndefined();
      expect(await tx.artifacts.fileByPath(artifact.id, "b/1.bin")).toEqual(files[2]);
      expect(await tx.artifacts.file(nth(files, 2).id)).toEqual(files[2]);
      expect(await tx.artifacts.file("nothing")).toBeUndefined();
      expect(await tx.artifacts.files("nothing", "", undefined, 10)).toEqual([]);
    });
  });

  define("a name on an object, and a path in an artifact, are there once", async (store) => {
    const { version } = await aWorld(store);
    const artifact = anArtifact(keyOf("version", version));
    await insert(store, artifact, []);
    await fails(insert(store, anArtifact(keyOf("version", version)), []), "already_exists");
    const another = anArtifact(keyOf("version", version), { name: "logs" });
    await fails(insert(store, another, [aFile(another, "x"), aFile(another, "x")]), "already_exists");
    expect(await store.read((tx) => tx.artifacts.get(another.id))).toBeUndefined();
  });

  define("the pieces of a file come in order, from the one that has the offset", async (store) => {
    const { version } = await aWorld(store);
    const artifact = anArtifact(keyOf("version", version));
    const file = aFile(artifact, "big", { sizeBytes: 95 });
    const pieces: FileChunk[] = Array.from({ length: 10 }, (_, index) => ({
      digest: digest(`piece ${index % 3}`),
      offsetBytes: index * 10,
      sizeBytes: index === 9 ? 5 : 10,
    }));
    await store.write((tx) => tx.artifacts.insert(artifact, [{ file, chunks: pieces.toReversed() }]));
    await store.read(async (tx) => {
      expect(await tx.artifacts.fileChunks(file.id, 0, 100)).toEqual(pieces);
      expect(await tx.artifacts.fileChunks(file.id, 25, 2)).toEqual(pieces.slice(2, 4));
      expect(await tx.artifacts.fileChunks(file.id, 30, 1)).toEqual(pieces.slice(3, 4));
      expect(await tx.artifacts.fileChunks(file.id, 94, 10)).toEqual(pieces.slice(9));
      expect(await tx.artifacts.fileChunks(file.id, 95, 10)).toEqual([]);
      expect(await tx.artifacts.fileChunks("nothing", 0, 10)).toEqual([]);
    });
  });

  define("files wait for their digest, oldest first, until it is set", async (store) => {
    const { version } = await aWorld(store);
    const artifact = anArtifact(keyOf("version", version));
    const pending = { digestState: "pending", sha256: "", claimedSha256: "" } as const;
    const files = [aFile(artifact, "z", pending), aFile(artifact, "y"), aFile(artifact, "x", pending)];
    await insert(store, artifact, files);
    const waiting = () =>
      store.read(async (tx) => (await tx.artifacts.pendingFiles(10)).map((file) => file.path));
    expect(await waiting()).toEqual(["z", "x"]);
    expect((await store.read((tx) => tx.artifacts.pendingFiles(1))).length).toBe(1);
    await store.write((tx) => tx.artifacts.setDigest(nth(files, 0).id, digest("z"), "verified"));
    expect(await waiting()).toEqual(["x"]);
    expect(await store.read((tx) => tx.artifacts.file(nth(files, 0).id))).toMatchObject({
      sha256: digest("z"),
      digestState: "verified",
    });
    await store.write((tx) => tx.artifacts.setDigest(nth(files, 2).id, "", "mismatch"));
    expect(await waiting()).toEqual([]);
    expect(await store.read((tx) => tx.artifacts.file(nth(files, 2).id))).toMatchObject({
      sha256: "",
      digestState: "mismatch",
    });
  });

  define("a copy has the same files, and outlives what it was copied from", async (store) => {
    const { model, version, checkpoint } = await aWorld(store);
    const original = anArtifact(keyOf("checkpoint", checkpoint), { fileCount: 1, sizeBytes: 10 });
    const chunk = aChunk("shared");
    const file = aFile(original, "model.bin");
    const copy = anArtifact(keyOf("version", version), { fileCount: 1, sizeBytes: 10 });
    const second = aVersion(model);
    await store.write(async (tx) => {
      await tx.chunks.insert(chunk);
      await tx.artifacts.insert(original, [
        { file, chunks: [{ digest: chunk.digest, offsetBytes: 0, sizeBytes: 10 }] },
      ]);
      await tx.artifacts.copy(original.id, copy);
      await tx.versions.insert(second);
    });
    await store.read(async (tx) => {
      const [copied] = await tx.artifacts.files(copy.id, "", undefined, 10);
      expect(copied).toEqual({ ...file, id: copied?.id ?? "", artifactId: copy.id });
      expect(await tx.artifacts.fileChunks(copied?.id ?? "", 0, 10)).toHaveLength(1);
    });
    await fails(
      store.write((tx) => tx.artifacts.copy(original.id, { ...copy, id: newId() })),
      "already_exists",
    );
    await fails(
      store.write((tx) => tx.artifacts.copy("nothing", anArtifact(keyOf("version", second)))),
      "not_found",
    );
    await store.write((tx) => tx.artifacts.delete(original.id));
    await store.read(async (tx) => {
      const [left] = await tx.artifacts.files(copy.id, "", undefined, 10);
      expect(left?.artifactId).toBe(copy.id);
      expect(await tx.artifacts.file(left?.id ?? "")).toEqual(left);
      expect(await tx.chunks.presentIn([chunk.digest], "all")).toEqual(new Set([chunk.digest]));
    });
    await store.write((tx) => tx.artifacts.delete(copy.id));
    expect(await store.read((tx) => tx.chunks.presentIn([chunk.digest], "all"))).toEqual(new Set());
  });

  define("a copy into another namespace is readable there, and only there", async (store) => {
    const { version } = await aWorld(store);
    const other = aNamespace();
    const chunk = aChunk("across");
    const original = anArtifact(keyOf("version", version));
    const copy = anArtifact(keyOf("namespace", other));
    const pieces = [{ digest: chunk.digest, offsetBytes: 0, sizeBytes: 10 }];
    await store.write(async (tx) => {
      await tx.namespaces.insert(other);
      await tx.chunks.insert(chunk);
      await tx.artifacts.insert(original, [{ file: aFile(original, "a"), chunks: pieces }]);
      expect(await tx.chunks.presentIn([chunk.digest], [other.id])).toEqual(new Set());
      await tx.artifacts.copy(original.id, copy);
    });
    await store.read(async (tx) => {
      const [file] = await tx.artifacts.files(copy.id, "", undefined, 10);
      expect((await tx.artifacts.file(file?.id ?? ""))?.namespaceId).toBe(other.id);
      expect(await tx.artifacts.fileChunks(file?.id ?? "", 0, 10)).toEqual(pieces);
      expect(await tx.chunks.presentIn([chunk.digest], [other.id])).toEqual(new Set([chunk.digest]));
    });
  });

  define("thousands of files are committed at once", async (store) => {
    const { version } = await aWorld(store);
    const artifact = anArtifact(keyOf("version", version), { fileCount: 5000 });
    const files = Array.from({ length: 5000 }, (_, index) => aFile(artifact, `part-${index}`));
    await insert(store, artifact, files);
    let after: string | undefined;
    let count = 0;
    for (;;) {
      const page = await store.read((tx) => tx.artifacts.files(artifact.id, "", after, 1000));
      if (page.length === 0) break;
      count += page.length;
      after = page.at(-1)?.path;
    }
    expect(count).toBe(5000);
  });
}

function chunkTests(define: Define): void {
  define("a digest is stored once; one that can't be used is replaced", async (store) => {
    const chunk = aChunk("a", { durable: true });
    const again = aChunk("a");
    await store.write(async (tx) => {
      expect(await tx.chunks.insert(chunk)).toEqual(chunk);
      expect(await tx.chunks.insert(again)).toEqual(chunk);
    });
    expect(await store.read((tx) => tx.chunks.getMany([chunk.digest, digest("b")]))).toEqual([chunk]);
    for (const state of ["condemned", "quarantined"] as const) {
      const bad = aChunk(state, {
        state,
        encoding: "delta-grouped-zstd",
        baseDigest: chunk.digest,
        chainDepth: 1,
      });
      const good = aChunk(state, { storedBytes: 7 });
      await store.write(async (tx) => {
        await tx.chunks.insert(bad);
        expect(await tx.chunks.insert(good)).toEqual(good);
      });
      expect(await store.read((tx) => tx.chunks.getMany([good.digest]))).toEqual([good]);
    }
    expect(await store.read((tx) => tx.chunks.totals())).toEqual({ count: 3, storedBytes: 24 });
  });

  define("bytes that failed are set aside, if they are still the ones that are stored", async (store) => {
    const first = aChunk("rot");
    const second = aChunk("rot");
    const stateOf = async () => (await store.read((tx) => tx.chunks.getMany([first.digest])))[0]?.state;
    await store.write((tx) => tx.chunks.insert(first));
    await store.write((tx) => tx.chunks.quarantine(first.digest, second.generation));
    expect(await stateOf()).toBe("stored");
    await store.write((tx) => tx.chunks.quarantine(first.digest, first.generation));
    expect(await stateOf()).toBe("quarantined");
    expect(await store.read((tx) => tx.chunks.presentIn([first.digest], "all"))).toEqual(new Set());
    await store.write((tx) => tx.chunks.insert(second));
    // Late news of the bytes before must not reach the new ones.
    await store.write((tx) => tx.chunks.quarantine(first.digest, first.generation));
    expect(await stateOf()).toBe("stored");
  });

  define("a digest is present to those who may read a file that has it", async (store) => {
    const { namespace, version } = await aWorld(store);
    const artifact = anArtifact(keyOf("version", version));
    const used = aChunk("used");
    const unused = aChunk("unused");
    const condemned = aChunk("condemned", { state: "condemned" });
    const chunks = [used, unused, condemned].map((chunk, index) => ({
      digest: chunk.digest,
      offsetBytes: index * 10,
      sizeBytes: 10,
    }));
    await store.write(async (tx) => {
      for (const chunk of [used, unused, condemned]) await tx.chunks.insert(chunk);
      await tx.artifacts.insert(artifact, [
        { file: aFile(artifact, "f"), chunks: [nth(chunks, 0), nth(chunks, 2)] },
      ]);
    });
    const digests = [used.digest, unused.digest, condemned.digest, digest("nothing")];
    const present = (namespaceIds: readonly string[] | "all") =>
      store.read((tx) => tx.chunks.presentIn(digests, namespaceIds));
    expect(await present("all")).toEqual(new Set([used.digest]));
    expect(await present([newId(), namespace.id])).toEqual(new Set([used.digest]));
    expect(await present([newId()])).toEqual(new Set());
    expect(await present([])).toEqual(new Set());
    const many = Array.from({ length: 600 }, newId);
    expect(await present([...many, namespace.id])).toEqual(new Set([used.digest]));
  });

  define("a lease holds chunks until it ends", async (store) => {
    const { namespace } = await aWorld(store);
    const lease = aLease(keyOf("namespace", namespace), { kind: "upload" });
    const held = Array.from({ length: 2100 }, (_, index) => aChunk(`held ${index}`));
    const digests = held.map((chunk) => chunk.digest);
    await store.write(async (tx) => {
      await tx.leases.insert(lease);
      for (const chunk of held.slice(1)) await tx.chunks.insert(chunk);
      await tx.chunks.hold(lease.id, digests);
      await tx.chunks.hold(lease.id, digests.slice(0, 10));
    });
    const holds = async () => (await store.read((tx) => tx.chunks.heldBy(lease.id, digests))).length;
    // The first is held but not stored.
    expect(await holds()).toBe(2099);
    expect(await store.read((tx) => tx.chunks.heldBy("another", digests))).toEqual([]);
    await store.read(async (tx) => {
      const held = await tx.chunks.heldBy(lease.id, digests);
      const sizes = held.map(({ digest, sizeBytes }) => ({ digest, sizeBytes }));
      const inOrder = (all: typeof sizes) => all.toSorted((a, b) => (a.digest < b.digest ? -1 : 1));
      expect(inOrder([...(await tx.chunks.heldSizes(lease.id, digests))])).toEqual(inOrder(sizes));
    });
    const present = async (namespaceIds: readonly string[] | "all") =>
      (await store.read((tx) => tx.chunks.presentIn(digests, namespaceIds))).size;
    // An upload that was broken off goes on under another lease of the namespace, and of no other one.
    const stored = await holds();
    expect(await present("all")).toBe(stored);
    expect(await present([namespace.id])).toBe(stored);
    expect(await present([aNamespace().id])).toBe(0);
    await store.write((tx) => tx.leases.end(lease.id, nextTime()));
    expect(await present("all")).toBe(0);
    expect(await holds()).toBe(0);
  });

  define("chunks are marked durable", async (store) => {
    const chunks = [aChunk("a"), aChunk("b")];
    await store.write(async (tx) => {
      for (const chunk of chunks) await tx.chunks.insert(chunk);
      await tx.chunks.markDurable([nth(chunks, 0).digest, digest("nothing")]);
    });
    const found = await store.read((tx) => tx.chunks.getMany(chunks.map((chunk) => chunk.digest)));
    expect(found.filter((chunk) => chunk.durable).map((chunk) => chunk.digest)).toEqual([
      nth(chunks, 0).digest,
    ]);
  });
}

function leaseTests(define: Define): void {
  define("a lease is active until it ends or expires", async (store) => {
    const { experiment } = await aWorld(store);
    const key = keyOf("experiment", experiment);
    const lease = aLease(key);
    await store.write((tx) => tx.leases.insert(lease));
    const active = (now: number, kind: "run" | "restore" = "run") =>
      store.read(async (tx) => (await tx.leases.active(experiment.id, kind, now)).map((one) => one.id));
    expect(await store.read((tx) => tx.leases.get(lease.id))).toEqual(lease);
    expect(await active(lease.createdAt)).toEqual([lease.id]);
    expect(await active(lease.createdAt, "restore")).toEqual([]);
    expect(await active(lease.expiresAt)).toEqual([]);
    await store.write((tx) => tx.leases.renew(lease.id, lease.expiresAt + 1000, 30_000));
    expect(await active(lease.expiresAt)).toEqual([lease.id]);
    await store.write((tx) => tx.leases.end(lease.id, lease.createdAt + 5));
    expect(await active(lease.createdAt)).toEqual([]);
    await store.write((tx) => tx.leases.renew(lease.id, lease.expiresAt + 2000, 30_000));
    expect(await active(lease.createdAt)).toEqual([]);
    expect(await store.read((tx) => tx.leases.get(lease.id))).toMatchObject({ endedAt: lease.createdAt + 5 });
  });

  define("fencing numbers never come twice, whatever becomes of the leases", async (store) => {
    const { experiment } = await aWorld(store);
    const key = keyOf("experiment", experiment);
    const numbers: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      await store.write(async (tx) => {
        const { number: fencingNumber } = await tx.leases.nextFence(experiment.id);
        numbers.push(fencingNumber);
        await tx.leases.insert(aLease(key, { fencingNumber, endedAt: nextTime() }));
      });
      expect(await store.write((tx) => tx.leases.purge(nextTime() + 10 ** 9, 100))).toBe(1);
    }
    expect(new Set(numbers).size).toBe(3);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
    expect(await store.write((tx) => tx.leases.nextFence("another"))).toEqual({
      number: 1,
      previousWriter: 0,
    });
  });

  define("the last lease that was written with outlives the lease", async (store) => {
    const { experiment } = await aWorld(store);
    const fence = () => store.write((tx) => tx.leases.nextFence(experiment.id));
    expect(await fence()).toEqual({ number: 1, previousWriter: 0 });
    const lease = aLease(keyOf("experiment", experiment), { fencingNumber: 1 });
    await store.write((tx) => tx.leases.insert(lease));
    expect(await fence()).toEqual({ number: 2, previousWriter: 0 });
    await store.write((tx) => tx.leases.noteWrite(lease));
    expect(await store.read((tx) => tx.leases.get(lease.id))).toEqual({ ...lease, hasWritten: true });
    await store.write((tx) => tx.leases.purge(nextTime() + 10 ** 12, 100));
    expect(await fence()).toEqual({ number: 3, previousWriter: 1 });
  });

  define("leases that are over are purged with what they held, no more than asked for", async (store) => {
    const { namespace } = await aWorld(store);
    const key = keyOf("namespace", namespace);
    const over = Array.from({ length: 5 }, () => aLease(key, { kind: "upload", expiresAt: nextTime() }));
    const running = aLease(key, { kind: "upload", expiresAt: nextTime() + 10 ** 9 });
    const chunk = aChunk("kept");
    await store.write(async (tx) => {
      await tx.chunks.insert(chunk);
      for (const lease of [...over, running]) {
        await tx.leases.insert(lease);
        await tx.chunks.hold(lease.id, [chunk.digest]);
      }
    });
    const before = nextTime();
    expect(await store.write((tx) => tx.leases.purge(before, 3))).toBe(3);
    expect(await store.read((tx) => tx.chunks.heldBy(nth(over, 0).id, [chunk.digest]))).toEqual([]);
    expect(await store.write((tx) => tx.leases.purge(before, 3))).toBe(2);
    expect(await store.write((tx) => tx.leases.purge(before, 3))).toBe(0);
    expect((await store.read((tx) => tx.chunks.heldBy(running.id, [chunk.digest]))).length).toBe(1);
  });
}

async function insert(
  store: MetadataStore,
  artifact: ReturnType<typeof anArtifact>,
  files: readonly StoredFile[],
) {
  const news: NewFile[] = files.map((file) => ({ file, chunks: [] }));
  await store.write((tx) => tx.artifacts.insert(artifact, news));
}
