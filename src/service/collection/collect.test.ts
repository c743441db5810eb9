import { expect, test } from "bun:test";
import { mkdir, utimes, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { everyRow } from "../../../test/support/any-rows.ts";
import { openTransfers, someBytes, type TestTransfers } from "../../../test/support/blobs.ts";
import { everybody } from "../../../test/support/rpc.ts";
import type { BlobStore } from "../../domain/blob-store.ts";
import { newId } from "../../domain/ids.ts";
import { chunkObjectKey } from "../../domain/object-keys.ts";
import { deleteArtifact } from "../artifacts/delete.ts";
import type { ServiceContext } from "../context.ts";
import { purgeExpired } from "../maintenance.ts";
import { collect, type CollectOptions } from "./collect.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CHUNK_BYTES = 1_000;

function run(context: ServiceContext, options: Partial<CollectOptions> = {}) {
  return collect(context, { signal: new AbortController().signal, graceMs: 0, ...options });
}

/** Stores a file of so many chunks, and deletes it again. */
async function leaveGarbage(test: TestTransfers, chunks: number, seed = 1): Promise<void> {
  const file = await test.store("f", someBytes(chunks * CHUNK_BYTES, seed), { chunkBytes: CHUNK_BYTES });
  await deleteArtifact(test.context, everybody, { artifact: file.artifactId, requestId: "" });
}

/** An object of a server that died two days ago, before it had noted it. */
async function leaveOrphan({ folder, context }: TestTransfers): Promise<void> {
  const path = join(folder, chunkObjectKey("ab".repeat(32), newId()));
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, "an orphan");
  const then = new Date(context.clock.nowMicros() / 1000 - 48 * HOUR_MS);
  await utimes(path, then, then);
}

/** A process that is gone after so many steps: transactions and deletions, each before or after it was done. */
function killedAfter({ metadata, blobs, clock }: ServiceContext, steps: number): ServiceContext {
  let left = steps;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left-- <= 0) throw new Error("killed");
    const result = await work();
    if (left-- <= 0) throw new Error("killed");
    return result;
  };
  return {
    clock,
    metadata: {
      read: (work) => step(() => metadata.read(work)),
      write: (work, options) => step(() => metadata.write(work, options)),
      onChanges: (namespaceId, listener) => metadata.onChanges(namespaceId, listener),
      check: () => metadata.check(),
      async [Symbol.asyncDispose]() {},
    },
    blobs: withDelete(blobs, (key) => step(() => blobs.delete(key))),
  };
}

function withDelete(store: BlobStore, remove: BlobStore["delete"]): BlobStore {
  return new Proxy(store, {
    get(target, name) {
      if (name === "delete") return remove;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

test("bytes are back on the disk after an hour and a quarter, and the figures say so at each step", async () => {
  await using test = await openTransfers();
  const kept = await test.store("kept", someBytes(3_500, 9), { chunkBytes: CHUNK_BYTES });
  await leaveGarbage(test, 5);
  expect(await test.objects()).toHaveLength(9);
  const [namespace] = (await test.context.metadata.read((tx) =>
    tx.tables.page("namespaces", undefined, 1),
  )) as readonly { id: string }[];
  const five = { count: 5, bytes: 5_000 };
  const nothing = { count: 0, bytes: 0 };
  // They are too young.
  expect((await run(test.context, { graceMs: HOUR_MS })).unused.total).toEqual(nothing);
  const condemned = await run(test.context);
  expect(condemned).toMatchObject({ orphans: nothing, deleted: nothing, isComplete: true });
  expect(condemned.unused.total).toEqual(five);
  expect([...condemned.unused.byNamespace]).toEqual([[namespace!.id, five]]);
  expect(condemned.waiting).toEqual({ condemned: five, doomed: nothing });
  test.advanceMs(14 * MINUTE_MS);
  expect((await run(test.context)).removed.total).toEqual(nothing);
  test.advanceMs(2 * MINUTE_MS);
  const removed = await run(test.context);
  expect(removed.removed.total).toEqual(five);
  expect(removed.waiting).toEqual({ condemned: nothing, doomed: five });
  expect(await test.objects()).toHaveLength(9);
  test.advanceMs(61 * MINUTE_MS);
  expect(await run(test.context)).toMatchObject({ deleted: five, waiting: { doomed: nothing } });
  expect(await test.objects()).toHaveLength(4);
  expect(Buffer.from(await test.read(kept)).equals(someBytes(3_500, 9))).toBe(true);
});

test("a dry run finds what a run would, and changes nothing", async () => {
  await using test = await openTransfers();
  await leaveGarbage(test, 3);
  const before = await everyRow(test.context.metadata);
  const dry = await run(test.context, { dryRun: true });
  expect(await everyRow(test.context.metadata)).toEqual(before);
  expect(dry.unused.total).toEqual({ count: 3, bytes: 3_000 });
  expect((await run(test.context)).unused.total).toEqual(dry.unused.total);
});

test("chunks of an upload that may be resumed stay, for a day after its lease", async () => {
  await using test = await openTransfers();
  await test.send(await test.begin(), someBytes(500));
  for (let hour = 0; hour < 23; hour += 1) {
    test.advanceMs(HOUR_MS);
    await purgeExpired(test.context);
    expect((await run(test.context)).unused.total.count).toBe(0);
  }
  test.advanceMs(2 * HOUR_MS);
  await purgeExpired(test.context);
  expect((await run(test.context)).unused.total.count).toBe(1);
});

test("killed between any two steps, the next run ends what was begun", async () => {
  for (let step = 0; ; step += 1) {
    await using test = await openTransfers();
    const kept = await test.store("kept", someBytes(2_500, 9), { chunkBytes: CHUNK_BYTES });
    await leaveGarbage(test, 3);
    await leaveOrphan(test);
    const mortal = killedAfter(test.context, step);
    let isKilled = false;
    for (const waitMs of [0, 16 * MINUTE_MS, 61 * MINUTE_MS]) {
      test.advanceMs(waitMs);
      try {
        await run(mortal);
      } catch (error) {
        expect(String(error)).toContain("killed");
        isKilled = true;
        break;
      }
    }
    // What the dead process held is free after five minutes; the rest goes on from there.
    for (const waitMs of [6 * MINUTE_MS, 16 * MINUTE_MS, 61 * MINUTE_MS]) {
      test.advanceMs(waitMs);
      expect((await run(test.context)).isComplete).toBe(true);
    }
    expect(await test.objects()).toHaveLength(3);
    expect(await test.read(kept)).toEqual(someBytes(2_500, 9));
    expect(await test.context.metadata.read((tx) => tx.chunks.totals())).toEqual({
      count: 3,
      storedBytes: 2_500,
    });
    if (!isKilled) break;
    expect(step).toBeLessThan(200);
  }
}, 120_000);

test("several servers that collect at once share the work", async () => {
  await using test = await openTransfers();
  await leaveGarbage(test, 20);
  for (const waitMs of [0, 16 * MINUTE_MS, 61 * MINUTE_MS]) {
    test.advanceMs(waitMs);
    const runs = await Promise.all([run(test.context), run(test.context), run(test.context)]);
    expect(runs.filter(({ isComplete }) => isComplete).length).toBeGreaterThan(0);
  }
  expect(await test.objects()).toEqual([]);
});

test("a run that is told to stop does, and the next one goes on", async () => {
  await using test = await openTransfers();
  await leaveGarbage(test, 3);
  const stop = new AbortController();
  stop.abort();
  expect(await run(test.context, { signal: stop.signal })).toMatchObject({ isComplete: false });
  expect((await run(test.context)).unused.total.count).toBe(3);
});

test("a store that fails leaves what it could not delete for later", async () => {
  let fails = true;
  await using test = await openTransfers((store) =>
    withDelete(store, (key) => (fails ? Promise.reject(new Error("no delete")) : store.delete(key))),
  );
  await leaveGarbage(test, 3);
  await run(test.context);
  test.advanceMs(16 * MINUTE_MS);
  await run(test.context);
  test.advanceMs(61 * MINUTE_MS);
  await leaveGarbage(test, 2, 7);
  // Neither the others nor the look through all chunks wait for it.
  const failed = await run(test.context);
  expect(failed).toMatchObject({ deleted: { count: 0 }, undeleted: { count: 3 } });
  expect(String(failed.undeleted.error)).toContain("no delete");
  expect(failed.unused.total.count).toBe(2);
  fails = false;
  expect((await run(test.context)).deleted.count).toBe(3);
  expect(await test.objects()).toHaveLength(2);
});

test("objects that were never named go when they are a day old", async () => {
  await using test = await openTransfers();
  await leaveOrphan(test);
  const orphan = { count: 1, bytes: 9 };
  expect(await run(test.context, { dryRun: true })).toMatchObject({ orphans: orphan });
  expect(await test.objects()).toHaveLength(1);
  expect(await run(test.context)).toMatchObject({ orphans: orphan });
  expect(await test.objects()).toEqual([]);
});
