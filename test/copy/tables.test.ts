import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { copyAll } from "../../src/service/copy/copy.ts";
import { parentsOf } from "../../src/metadata/table-keys.ts";
import { sqliteTables } from "../../src/metadata/dialects/sqlite/schema.ts";
import { aNamespace, keyOf } from "../../src/metadata/conformance/fixtures.ts";
import { fails } from "../../src/metadata/conformance/define.ts";
import { readRight } from "../../src/service/blobs/right-bytes.ts";
import { flipByte, formBytes, formNames, storeForms } from "../support/chunk-forms.ts";
import { everyRow, fillEveryTable, withoutRows } from "../support/any-rows.ts";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../support/s3-server.ts";
import { temporaryFolder } from "../support/server.ts";
import { aStorage, type TestStorage } from "./storages.ts";

/** Three databases and a store, on a machine that may be busy. */
const testLimitMs = 120_000;
const ROWS = 300;

let s3: S3Server;

beforeAll(async () => {
  s3 = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => s3?.[Symbol.asyncDispose]());

async function copy(from: TestStorage, to: TestStorage) {
  await using source = await from.open();
  await using target = await to.open("the source");
  return await copyAll({ from: source, to: target, sameBlobs: false, skipDamaged: false });
}

async function rowsOf(storage: TestStorage) {
  await using opened = await storage.open();
  return await everyRow(opened.metadata);
}

describe("a copy", () => {
  test(
    "has chunks of every form as they are, packs once, and goes on where it was",
    async () => {
      using folder = temporaryFolder();
      await using from = await aStorage(join(folder.path, "a"), "sqlite");
      await using to = await aStorage(join(folder.path, "b"), "postgres", s3);
      await using source = await from.open();
      const forms = await storeForms(source.metadata, source.blobs);
      {
        await using target = await to.open("the source");
        const { chunks, damaged } = await copyAll({
          from: source,
          to: target,
          sameBlobs: false,
          skipDamaged: false,
        });
        const bytes = formNames.reduce((sum, name) => sum + forms[name].storedBytes, 0);
        const all = formNames.length;
        expect(chunks).toEqual({ chunks: all, bytes, sentChunks: all, sentBytes: bytes });
        expect(damaged).toEqual([]);
      }
      await using target = await to.open();
      for (const name of formNames) {
        const [chunk] = await target.metadata.read((tx) => tx.chunks.getMany([forms[name].digest]));
        expect(chunk).toEqual(forms[name]);
        expect((await readRight(target, chunk!)).bytes).toEqual(formBytes(name));
      }
      const keys = (await Array.fromAsync(target.blobs.list(""))).map(({ key }) => key);
      expect(keys.toSorted()).toEqual(
        [...new Set(formNames.map((name) => forms[name].objectKey))].toSorted(),
      );
    },
    testLimitMs,
  );

  test("never sends a pack twice, and names the chunk of one that is damaged", async () => {
    using folder = temporaryFolder();
    await using from = await aStorage(join(folder.path, "a"), "sqlite");
    await using to = await aStorage(join(folder.path, "b"), "sqlite");
    await using source = await from.open();
    const { packed, packedToo, base, delta, deltaToo } = await storeForms(source.metadata, source.blobs);
    await flipByte(source.blobs, packedToo.objectKey, packedToo.objectOffset + 1);
    await flipByte(source.blobs, base.objectKey, 1);
    const run = async (skipDamaged: boolean) => {
      await using target = await to.open("the source");
      return await copyAll({ from: source, to: target, sameBlobs: false, skipDamaged });
    };
    const error = await fails(run(false), "failed_precondition");
    expect(error.message).toContain("The bytes of 4 chunks are damaged");
    expect(error.message).toContain("packedToo.bin");
    await flipByte(source.blobs, base.objectKey, 1);
    const { damaged, chunks } = await run(true);
    expect(damaged.map((one) => one.sha256)).toEqual([packedToo.digest]);
    expect(chunks).toMatchObject({ sentChunks: 0 });
    await using target = await to.open();
    for (const { digest } of [packed, base, delta, deltaToo]) {
      const [chunk] = await target.metadata.read((tx) => tx.chunks.getMany([digest]));
      expect(chunk?.state).toBe("stored");
      expect((await readRight(target, chunk!)).problem).toBeUndefined();
    }
  });

  test(
    "has every row of every table and every chunk, from database to database and store to store",
    async () => {
      using folder = temporaryFolder();
      const place = (name: string) => join(folder.path, name);
      await using sqlite = await aStorage(place("a"), "sqlite");
      await using mysql = await aStorage(place("b"), "mysql", s3);
      await using postgres = await aStorage(place("c"), "postgres");
      await using again = await aStorage(place("d"), "sqlite");
      {
        await using source = await sqlite.open();
        await fillEveryTable(source.metadata, source.blobs, ROWS);
      }
      const rows = await rowsOf(sqlite);
      expect(Object.keys(rows).toSorted()).toEqual(Object.keys(sqliteTables).toSorted());
      for (const [name, found] of Object.entries(rows)) expect([name, found.length]).toEqual([name, ROWS]);

      const copied = withoutRows(rows, "jobs", "doomedObjects");
      const results = [await copy(sqlite, mysql), await copy(mysql, postgres), await copy(postgres, again)];
      for (const result of results) {
        expect(result.tables).toEqual(results[0]!.tables);
        expect(result.chunks).toMatchObject({ chunks: ROWS, sentChunks: ROWS, bytes: ROWS * 1000 });
      }
      for (const target of [mysql, postgres, again]) expect(await rowsOf(target)).toEqual(copied);
      // Each sends what the one before had stored: the last one's bytes are those of the first.
      await using last = await again.open();
      for (const row of rows["chunks"]!)
        expect(await last.blobs.stat(String(row["objectKey"]))).toEqual({ sizeBytes: 1000 });

      // What a database numbers itself goes on behind what was copied.
      for (const target of [mysql, postgres, again]) {
        await using opened = target === again ? undefined : await target.open();
        const { metadata } = opened ?? last;
        const namespace = aNamespace();
        await metadata.write(async (tx) => {
          await tx.namespaces.insert(namespace);
          const point = { key: "loss", step: 1n, wallTime: 1, value: 0.5 };
          await tx.metrics.log(keyOf("namespace", namespace), [point]);
        });
        const latest = await metadata.read((tx) => tx.metrics.latest(namespace.id, [], 10));
        expect(latest.map((one) => one.key)).toEqual(["loss"]);
      }
    },
    testLimitMs,
  );

  test("puts no row before those that it points to", () => {
    const names = Object.keys(sqliteTables);
    for (const [index, name] of names.entries())
      for (const parent of parentsOf(name)) expect(names.slice(0, index)).toContain(parent);
    expect(names.flatMap((name) => parentsOf(name)).length).toBeGreaterThan(0);
  });
});
