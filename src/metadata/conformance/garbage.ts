import { expect } from "bun:test";
import type { Chunk } from "../../domain/entities.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";
import type { Define } from "./define.ts";
import { aChunk, aFile, aLease, anArtifact, aWorld, keyOf, nextTime } from "./fixtures.ts";

/** Later than all that the tests make. */
const LATER = Number.MAX_SAFE_INTEGER;

/** What is unused is condemned, judged, and gone; what is used never. */
export function garbageTests(define: Define): void {
  define(
    "chunks are unused unless a file has them, a lease holds them, or others build on them",
    async (store) => {
      const { used, held, base, dependent, free } = await chunksOfAllKinds(store);
      const found = await unused(store);
      expect(found.map(({ chunk }) => chunk.digest).toSorted()).toEqual(
        [base, dependent, free].map(({ digest }) => digest).toSorted(),
      );
      expect(found.filter(({ isBase }) => isBase).map(({ chunk }) => chunk)).toEqual([base]);
      expect(await unused(store, Math.min(base.createdAt, free.createdAt, dependent.createdAt))).toEqual([]);
      await store.write((tx) => tx.garbage.condemn([free], nextTime()));
      await store.write((tx) => tx.chunks.quarantine(used.digest, used.generation));
      await store.write((tx) => tx.chunks.quarantine(dependent.digest, dependent.generation));
      expect((await unused(store)).map(({ chunk }) => chunk.digest).toSorted()).toEqual(
        [base, dependent].map(({ digest }) => digest).toSorted(),
      );
      expect(held.state).toBe("stored");
    },
  );

  define("the walk sees each chunk once, in pages", async (store) => {
    const all = Array.from({ length: 10 }, (_, index) => aChunk(`chunk ${index}`));
    for (const chunk of all) await store.write((tx) => tx.chunks.insert(chunk));
    const found: string[] = [];
    let pages = 0;
    for (let after: string | undefined; ; pages += 1) {
      const from = after;
      const page = await store.read((tx) => tx.garbage.unused(from, LATER, 3));
      found.push(...page.items.map(({ chunk }) => chunk.digest));
      after = page.next;
      if (after === undefined) break;
    }
    expect(found.toSorted()).toEqual(all.map(({ digest }) => digest).toSorted());
    expect(pages).toBe(3);
  });

  define("a condemned chunk is missing, and goes with its object when it is judged", async (store) => {
    const chunk = aChunk("x", { storedBytes: 7 });
    await store.write((tx) => tx.chunks.insert(chunk));
    await store.write((tx) => tx.garbage.condemn([chunk], 100));
    await store.read(async (tx) => {
      expect(await tx.chunks.presentIn([chunk.digest], "all")).toEqual(new Set());
      expect(await tx.garbage.waiting()).toEqual({
        condemned: { count: 1, bytes: 7 },
        doomed: { count: 0, bytes: 0 },
      });
    });
    expect(await judge(store, 100, 200)).toEqual({ looked: 0, spared: 0, removed: [] });
    expect(await judge(store, 101, 200)).toEqual({
      looked: 1,
      spared: 0,
      removed: [{ ...chunk, state: "condemned" }],
    });
    expect(await judge(store, 101, 201)).toEqual({ looked: 0, spared: 0, removed: [] });
    await store.read(async (tx) => {
      expect(await tx.chunks.getMany([chunk.digest])).toEqual([]);
      expect(await tx.chunks.totals()).toEqual({ count: 0, storedBytes: 0 });
      expect(await tx.garbage.doomed(200, 10)).toEqual([]);
      expect(await tx.garbage.doomed(201, 10)).toEqual([doomedOf(chunk, 200)]);
    });
    await store.write((tx) => tx.garbage.forget([chunk.objectKey]));
    expect(await store.read((tx) => tx.garbage.doomed(LATER, 10))).toEqual([]);
  });

  define("a condemned chunk that is used again is spared", async (store) => {
    const { version } = await aWorld(store);
    const chunk = aChunk("x");
    await store.write((tx) => tx.chunks.insert(chunk));
    await store.write((tx) => tx.garbage.condemn([chunk], 100));
    const artifact = anArtifact(keyOf("version", version));
    const pieces = [{ digest: chunk.digest, offsetBytes: 0, sizeBytes: 10 }];
    await store.write((tx) =>
      tx.artifacts.insert(artifact, [{ file: aFile(artifact, "f"), chunks: pieces }]),
    );
    expect(await judge(store, LATER, 200)).toEqual({ looked: 1, spared: 1, removed: [] });
    expect(await store.read((tx) => tx.chunks.getMany([chunk.digest]))).toEqual([chunk]);
  });

  define("a chunk that is stored anew is not judged, and its old object is doomed", async (store) => {
    const chunk = aChunk("x", { objectKey: "chunks/old" });
    await store.write((tx) => tx.chunks.insert(chunk));
    await store.write((tx) => tx.garbage.condemn([chunk], 100));
    const anew = aChunk("x", { objectKey: "chunks/new", createdAt: 150, storedBytes: 4 });
    expect(await store.write((tx) => tx.chunks.insert(anew))).toEqual(anew);
    expect(await judge(store, LATER, 200)).toEqual({ looked: 0, spared: 0, removed: [] });
    await store.read(async (tx) => {
      expect(await tx.chunks.getMany([chunk.digest])).toEqual([anew]);
      expect(await tx.garbage.doomed(LATER, 10)).toEqual([doomedOf(chunk, 150)]);
      expect(await tx.chunks.totals()).toEqual({ count: 1, storedBytes: 4 });
    });
    // What is found to be right after all keeps its object, and what was not looked at is not taken for right.
    await store.write((tx) => tx.chunks.quarantine(anew.digest, anew.generation));
    await store.write((tx) => tx.chunks.heal(chunk.digest, chunk.generation));
    expect(await store.read((tx) => tx.chunks.getMany([anew.digest]))).toEqual([
      { ...anew, state: "quarantined" },
    ]);
    await store.write((tx) => tx.chunks.heal(anew.digest, anew.generation));
    await store.read(async (tx) => {
      expect(await tx.chunks.getMany([anew.digest])).toEqual([anew]);
      expect(await tx.garbage.doomed(LATER, 10)).toHaveLength(1);
    });
  });

  define("only the chunk that was found is condemned, not one that took its place", async (store) => {
    const found = aChunk("x", { state: "quarantined" });
    const anew = aChunk("x", { objectKey: "chunks/new" });
    const other = aChunk("y");
    for (const chunk of [found, anew, other]) await store.write((tx) => tx.chunks.insert(chunk));
    await store.write((tx) => tx.garbage.condemn([found, other], 100));
    expect(await store.read((tx) => tx.chunks.getMany([found.digest]))).toEqual([anew]);
    // Its note does not stand in the way of a later one.
    await store.write((tx) => tx.garbage.condemn([anew], 300));
    expect(await judge(store, 200, 400)).toMatchObject({ looked: 1, removed: [{ digest: other.digest }] });
    expect(await judge(store, 301, 400)).toMatchObject({ looked: 1, removed: [{ digest: found.digest }] });
  });

  define("a base waits for those that build on it", async (store) => {
    const base = aChunk("base");
    const dependent = aChunk("dependent", { baseDigest: base.digest, chainDepth: 1 });
    for (const chunk of [base, dependent]) await store.write((tx) => tx.chunks.insert(chunk));
    await store.write((tx) => tx.garbage.condemn([base], 100));
    expect(await judge(store, LATER, 200)).toMatchObject({ spared: 1, removed: [] });
    await store.write((tx) => tx.garbage.requestRebases([base.digest]));
    await store.write((tx) => tx.garbage.requestRebases([base.digest]));
    const rows = await store.read((tx) => tx.tables.page("pendingRebases", undefined, 10));
    expect(rows).toEqual([{ digest: dependent.digest }]);
  });

  define("a pack is doomed once nothing is in it", async (store) => {
    const pack = { id: crypto.randomUUID(), objectKey: "packs/1", sizeBytes: 25, createdAt: 1 };
    await store.write((tx) => tx.tables.put("packs", [pack]));
    const inPack = { packId: pack.id, objectKey: pack.objectKey };
    const chunks = [aChunk("a", inPack), aChunk("b", { ...inPack, objectOffset: 10 })];
    for (const chunk of chunks) await store.write((tx) => tx.chunks.insert(chunk));
    for (const [index, chunk] of chunks.entries()) {
      await store.write((tx) => tx.garbage.condemn([chunk], 100));
      await judge(store, LATER, 200);
      const doomed = index === 0 ? [] : [{ objectKey: pack.objectKey, sizeBytes: 25, doomedAt: 200 }];
      expect(await store.read((tx) => tx.garbage.doomed(LATER, 10))).toEqual(doomed);
    }
    expect(await store.read((tx) => tx.tables.page("packs", undefined, 10))).toEqual([]);
  });

  define("chunks move from pack to pack, and what they were in is doomed", async (store) => {
    const [first, second] = [aPack("1"), aPack("2")];
    const [a, b, c] = [aChunk("a", first.place), aChunk("b", first.place), aChunk("c", first.place)];
    await store.write(async (tx) => {
      for (const { pack } of [first, second]) await tx.packs.insert(pack);
      for (const chunk of [a, b, c]) await tx.chunks.insert(chunk);
    });
    const used = (bytes: readonly number[]) =>
      [first, second].map(({ pack }, index) => ({ pack, usedBytes: bytes[index] ?? 0 }));
    const packs = (after?: string, limit = 10) => store.read((tx) => tx.garbage.packs(after, limit));
    expect(await packs()).toEqual(used([30, 0]));
    expect(await packs(undefined, 1)).toEqual(used([30]).slice(0, 1));
    expect(await packs(first.pack.id)).toEqual(used([30, 0]).slice(1));
    const packed = (id: string) => store.read((tx) => tx.garbage.packed(id));
    expect((await packed(first.pack.id)).map(({ digest }) => digest).toSorted()).toEqual(
      [a, b, c].map(({ digest }) => digest).toSorted(),
    );
    const to = (chunk: Chunk) => ({ ...chunk, ...second.place, generation: "2", durable: true });
    await store.write((tx) => tx.garbage.condemn([c], 100));
    await store.write((tx) =>
      tx.garbage.move(
        [a, c].map((from) => ({ from, to: to(from) })),
        200,
      ),
    );
    expect(await packs()).toEqual(used([20, 10]));
    expect(await store.read((tx) => tx.chunks.getMany([a.digest]))).toEqual([to(a)]);
    // It was condemned meanwhile, and is judged as others are.
    expect(await judge(store, LATER, 300)).toMatchObject({ looked: 1, removed: [{ digest: c.digest }] });
    await store.write((tx) => tx.garbage.doomEmptyPack(first.pack.id, 350));
    await store.write((tx) => tx.garbage.move([{ from: { ...b, generation: "x" }, to: to(b) }], 350));
    expect(await store.read((tx) => tx.garbage.doomed(LATER, 10))).toEqual([]);
    await store.write((tx) => tx.garbage.move([{ from: b, to: to(b) }], 400));
    const { objectKey, sizeBytes } = first.pack;
    expect(await store.read((tx) => tx.garbage.doomed(LATER, 10))).toEqual([
      { objectKey, sizeBytes, doomedAt: 400 },
    ]);
    expect(await packs()).toEqual([{ pack: second.pack, usedBytes: 20 }]);
  });

  define("objects are named by chunks, packs, and as doomed", async (store) => {
    const digest = aChunk("x").digest;
    const key = `chunks/${digest.slice(0, 2)}/${digest}.1`;
    await store.write((tx) => tx.chunks.insert(aChunk("x", { objectKey: key })));
    const id = crypto.randomUUID();
    const pack = { id, objectKey: `packs/${id.slice(-2)}/${id}`, sizeBytes: 25, createdAt: 1 };
    await store.write((tx) => tx.tables.put("packs", [pack]));
    const old = `chunks/${digest.slice(0, 2)}/${digest}.0`;
    await store.write((tx) => tx.garbage.doom([{ objectKey: old, sizeBytes: 1, doomedAt: 1 }]));
    const stray = `chunks/${digest.slice(0, 2)}/${digest}.2`;
    const strayPack = `packs/aa/${crypto.randomUUID()}`;
    const named = await store.read((tx) =>
      tx.garbage.namedObjects([key, old, pack.objectKey, stray, strayPack, "tmp/x"]),
    );
    expect([...named].toSorted()).toEqual([key, old, pack.objectKey].toSorted());
  });
}

/** Packs with a larger last digit come later. */
function aPack(digit: string) {
  const pack = {
    id: `01a21570-0000-7000-8000-00000000000${digit}`,
    objectKey: `packs/${digit}`,
    sizeBytes: 100,
    createdAt: 1,
  };
  return { pack, place: { packId: pack.id, objectKey: pack.objectKey } };
}

async function chunksOfAllKinds(store: MetadataStore) {
  const { version } = await aWorld(store);
  const used = aChunk("used");
  const held = aChunk("held");
  const base = aChunk("base");
  const dependent = aChunk("dependent", { baseDigest: base.digest, chainDepth: 1 });
  const free = aChunk("free");
  for (const chunk of [used, held, base, dependent, free]) await store.write((tx) => tx.chunks.insert(chunk));
  const artifact = anArtifact(keyOf("version", version));
  const pieces = [{ digest: used.digest, offsetBytes: 0, sizeBytes: 10 }];
  await store.write((tx) => tx.artifacts.insert(artifact, [{ file: aFile(artifact, "f"), chunks: pieces }]));
  const lease = aLease(keyOf("version", version), { kind: "upload" });
  await store.write(async (tx) => {
    await tx.leases.insert(lease);
    await tx.chunks.hold(lease.id, [held.digest]);
  });
  return { used, held, base, dependent, free };
}

async function unused(store: MetadataStore, before = LATER) {
  return (await store.read((tx) => tx.garbage.unused(undefined, before, 100))).items;
}

function judge(store: MetadataStore, before: number, now: number) {
  return store.write((tx) => tx.garbage.judge(before, 100, now));
}

function doomedOf(chunk: Chunk, doomedAt: number) {
  return { objectKey: chunk.objectKey, sizeBytes: chunk.storedBytes, doomedAt };
}
