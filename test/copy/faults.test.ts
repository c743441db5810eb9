import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { ForwardingBlobStore } from "../../src/blob/decorators/forward.ts";
import type { BlobStore, ReadRange, WriteOptions } from "../../src/domain/blob-store.ts";
import { newId } from "../../src/domain/ids.ts";
import { aNamespace, keyOf } from "../../src/metadata/conformance/fixtures.ts";
import { fails } from "../../src/metadata/conformance/define.ts";
import { copyAll, type CopyInput } from "../../src/service/copy/copy.ts";
import { everyRow, fillEveryTable, withoutRows } from "../support/any-rows.ts";
import type { DatabaseKind } from "../support/database-servers.ts";
import { temporaryFolder } from "../support/server.ts";
import { aStorage, type OpenStorage, type TestStorage } from "./storages.ts";

const testLimitMs = 60_000;
const CHUNKS = 600;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

function place(name: string, kind: DatabaseKind | "sqlite" = "sqlite"): Promise<TestStorage> {
  return aStorage(join(folder.path, name), kind);
}

async function filled(
  name: string,
  rows = 3,
  kind: DatabaseKind | "sqlite" = "sqlite",
): Promise<TestStorage> {
  const storage = await place(name, kind);
  await using opened = await storage.open();
  await fillEveryTable(opened.metadata, opened.blobs, rows);
  return storage;
}

function copy(from: OpenStorage, to: OpenStorage, options: Partial<CopyInput> = {}) {
  return copyAll({ from, to, sameBlobs: false, skipDamaged: false, ...options });
}

/** Counts what is written, and fails once so many objects were. */
class FailingStore extends ForwardingBlobStore {
  readonly written: string[] = [];
  readonly #limit: number;

  constructor(inner: BlobStore, limit: number) {
    super(inner);
    this.#limit = limit;
  }

  override openWriter(key: string, options: WriteOptions) {
    if (this.written.length >= this.#limit) throw new Error("the target is gone");
    this.written.push(key);
    return super.openWriter(key, options);
  }
}

/** Lets something happen before the first object is read. */
class InterveningStore extends ForwardingBlobStore {
  readonly #happen: () => Promise<unknown>;
  #happened: Promise<unknown> | undefined;

  constructor(inner: BlobStore, happen: () => Promise<unknown>) {
    super(inner);
    this.#happen = happen;
  }

  override async readBytes(key: string, range: ReadRange) {
    await (this.#happened ??= this.#happen());
    return await super.readBytes(key, range);
  }
}

describe("a copy that was broken off", () => {
  test(
    "leaves what no server starts on, and is continued without sending a byte twice",
    async () => {
      await using from = await filled("from", CHUNKS);
      await using to = await place("to");
      await using source = await from.open();
      const keys: string[] = [];
      for (const limit of [100, 300, 50, Infinity]) {
        await using target = await to.open("the source");
        const blobs = new FailingStore(target.blobs, limit);
        const copying = copy(source, { ...target, blobs });
        if (limit === Infinity) expect((await copying).chunks).toMatchObject({ chunks: CHUNKS });
        else {
          expect(await copying.catch(String)).toBe("Error: the target is gone");
          await target[Symbol.asyncDispose]();
          expect((await fails(to.open(), "failed_precondition")).reason).toBe("COPY_UNFINISHED");
        }
        keys.push(...blobs.written);
      }
      expect(keys).toHaveLength(CHUNKS);
      expect(new Set(keys).size).toBe(CHUNKS);
      await using target = await to.open();
      const rows = await everyRow(source.metadata);
      expect(await everyRow(target.metadata)).toEqual(withoutRows(rows, "jobs", "doomedObjects"));
    },
    testLimitMs,
  );

  test("ends between two chunks when it is told to", async () => {
    await using from = await filled("from", CHUNKS);
    await using to = await place("to");
    await using source = await from.open();
    const stop = new AbortController();
    await using target = await to.open("the source");
    const onProgress = ({ doneChunks }: { doneChunks: number }) => {
      if (doneChunks === 100) stop.abort(new Error("stopped"));
    };
    const copying = copy(source, target, { signal: stop.signal, onProgress });
    expect(await copying.catch(String)).toBe("Error: stopped");
    expect((await copy(source, target)).chunks?.sentChunks).toBeLessThan(CHUNKS - 90);
  });
});

describe("a target", () => {
  test.each(["sqlite", "mysql", "postgres"] as const)(
    "in %s with rows of its own is refused, and stays as it is",
    async (kind) => {
      await using to = await place("to", kind);
      const namespace = aNamespace();
      {
        await using target = await to.open();
        await target.metadata.write((tx) => tx.namespaces.insert(namespace));
      }
      const error = await fails(to.open("the source"), "failed_precondition");
      expect(error.message).toMatch(/The database .* is not empty \(its table namespaces has rows\)/);
      await using target = await to.open();
      expect(await target.metadata.read((tx) => tx.namespaces.get(namespace.id))).toEqual(namespace);
    },
    testLimitMs,
  );

  test("with chunks of its own is refused, and can be used after", async () => {
    await using from = await filled("from");
    await using to = await place("to");
    await using source = await from.open();
    {
      await using target = await to.open("the source");
      await using writer = await target.blobs.openWriter(`chunks/00/${"0".repeat(64)}.a`, { sizeBytes: 1 });
      await writer.write(new Uint8Array(1));
      await writer.commit();
      expect((await fails(copy(source, target), "failed_precondition")).reason).toBe("COPY_TARGET_NOT_EMPTY");
    }
    await using target = await to.open();
    await target.metadata.check();
  });

  test("that another source has begun to fill is refused", async () => {
    await using to = await place("to");
    await (await to.open("one source"))[Symbol.asyncDispose]();
    const error = await fails(to.open("another"), "failed_precondition");
    expect(error.message).toContain("holds a part of one source, not of another");
  });
});

test(
  "a row that the target's database can't keep is named",
  async () => {
    await using from = await filled("from", 3, "mysql");
    await using to = await place("to", "postgres");
    await using source = await from.open();
    await source.metadata.write(async (tx) => {
      const last = (await tx.tables.last("models"))!;
      await tx.tables.put("models", [{ ...last, description: "a\0b" }]);
    });
    await using target = await to.open("the source");
    const error = await fails(copy(source, target), "invalid_argument");
    expect(error.message).toMatch(/^The row .*a\\u0000b.* of the table models can't be stored .* U\+0000/);
  },
  testLimitMs,
);

test("a copy that goes on with a source that has changed since says what to do", async () => {
  await using from = await filled("from");
  await using to = await place("to");
  await using source = await from.open();
  {
    await using target = await to.open("the source");
    expect(
      await copy(source, { ...target, blobs: new FailingStore(target.blobs, 0) }).catch(String),
    ).toContain("gone");
  }
  await source.metadata.write(async (tx) => {
    const [first] = await tx.tables.page("namespaces", undefined, 1);
    const last = (await tx.tables.last("namespaces"))!;
    // The name of a row that was copied is given to one that comes later.
    await tx.tables.put("namespaces", [{ ...first!, name: "renamed" }]);
    await tx.tables.put("namespaces", [{ ...last, id: newId(), name: first!["name"]! }]);
  });
  await using target = await to.open("the source");
  const error = await fails(copy(source, target), "conflict");
  expect(error.message).toMatch(/of the table namespaces can't be stored in the target: .* begin anew/);
});

describe("a source that is written to meanwhile", () => {
  test(
    "is noticed, by a row more, less or changed",
    async () => {
      await using from = await filled("from", 3, "postgres");
      const changes = [
        (storage: OpenStorage) =>
          storage.metadata.write((tx) => tx.labels.set(keyOf("namespace", aNamespace()), { late: true })),
        (storage: OpenStorage) =>
          storage.metadata.write(async (tx) => {
            const row = (await tx.tables.last("tokens"))!;
            await tx.tables.put("tokens", [{ ...row, lastUsedAt: 4711 }]);
          }),
        (storage: OpenStorage) => storage.metadata.write((tx) => tx.requests.purge(2, 1)),
      ];
      for (const [index, change] of changes.entries()) {
        await using to = await place(`to-${index}`);
        await using source = await from.open();
        await using target = await to.open("the source");
        // Once the rows of all tables but the chunks' are there.
        const blobs = new InterveningStore(source.blobs, () => change(source));
        const error = await fails(copy({ ...source, blobs }, target), "conflict");
        expect([index, error.reason]).toEqual([index, "COPY_DIFFERS"]);
        await target[Symbol.asyncDispose]();
        expect((await fails(to.open(), "failed_precondition")).reason).toBe("COPY_UNFINISHED");
      }
    },
    testLimitMs,
  );
});

describe("bytes that are damaged", () => {
  test("are not copied; with leave their chunks are marked, and mended by a later run", async () => {
    await using from = await filled("from");
    await using to = await place("to");
    await using source = await from.open();
    const [bad, missing] = (await everyRow(source.metadata))["chunks"]!.map((row) =>
      String(row["objectKey"]),
    );
    const fileOf = (key: string) => join(folder.path, "from/blobs", key);
    const original = await Bun.file(fileOf(bad!)).bytes();
    await Bun.write(fileOf(bad!), original.with(500, original[500]! ^ 1));
    const kept = await Bun.file(fileOf(missing!)).bytes();
    rmSync(fileOf(missing!));
    {
      await using target = await to.open("the source");
      const error = await fails(copy(source, target), "failed_precondition");
      expect(error.reason).toBe("CHUNKS_DAMAGED");
      expect(error.message).toContain("The bytes of 2 chunks are damaged or missing");
      for (const key of [bad!, missing!]) {
        expect(error.message).toContain(key);
        expect(await target.blobs.stat(key)).toBeUndefined();
      }
    }
    await fails(to.open(), "failed_precondition");

    await Bun.write(fileOf(missing!), kept);
    await using target = await to.open("the source");
    const { damaged } = await copy(source, target, { skipDamaged: true });
    expect(damaged.map((one) => one.objectKey)).toEqual([bad!]);
    const [digest] = damaged.map((one) => one.sha256);
    const [chunk] = await target.metadata.read((tx) => tx.chunks.getMany([digest!]));
    expect(chunk?.state).toBe("quarantined");
    expect(await target.blobs.stat(missing!)).toEqual({ sizeBytes: 1000 });
  });
});
