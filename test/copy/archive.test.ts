import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fails } from "../../src/metadata/conformance/define.ts";
import { aNamespace } from "../../src/metadata/conformance/fixtures.ts";
import { backUp } from "../../src/service/archive/back-up.ts";
import { checkArchive } from "../../src/service/archive/check-archive.ts";
import { FORMAT } from "../../src/service/archive/format.ts";
import { restore } from "../../src/service/archive/restore.ts";
import { systemClock } from "../../src/domain/clock.ts";
import { readRight } from "../../src/service/blobs/right-bytes.ts";
import { fsck } from "../../src/service/fsck/fsck.ts";
import { formBytes, formNames, storeForms } from "../support/chunk-forms.ts";
import { everyRow, fillEveryTable, withoutRows } from "../support/any-rows.ts";
import { temporaryFolder } from "../support/server.ts";
import { aStorage, type OpenStorage, type TestStorage } from "./storages.ts";

const testLimitMs = 120_000;
const ROWS = 300;

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder[Symbol.dispose]());

const head = {
  format: FORMAT,
  modelbox: "1.2.3",
  schema: "0001_x",
  createdAt: "2026-11-24T12:00:00.000Z",
  source: "somewhere",
};

async function filled(kind: "sqlite" | "mysql" | "postgres" = "sqlite", rows = ROWS): Promise<TestStorage> {
  const storage = await aStorage(join(folder.path, "from"), kind);
  await using opened = await storage.open();
  await fillEveryTable(opened.metadata, opened.blobs, rows);
  return storage;
}

function archiveOf(from: OpenStorage, name = "backup.tar", skipDamaged = false) {
  return backUp({ from, path: join(folder.path, name), head, skipDamaged });
}

async function restoreTo(to: TestStorage, path: string): Promise<void> {
  const archive = await checkArchive(path, undefined);
  await using target = await to.open("the backup");
  await restore({ to: target, archive });
}

describe("a backup", () => {
  test.each([
    ["sqlite", "postgres"],
    ["mysql", "sqlite"],
    ["postgres", "mysql"],
  ] as const)(
    "of %s restores to %s, every row and chunk, whatever is written meanwhile",
    async (kind, other) => {
      await using from = await filled(kind);
      await using to = await aStorage(join(folder.path, "to"), other);
      await using source = await from.open();
      const rows = await everyRow(source.metadata);
      const late = aNamespace();
      let isLate: Promise<void> | undefined;
      const onProgress = () => void (isLate ??= source.metadata.write((tx) => tx.namespaces.insert(late)));
      const path = join(folder.path, "backup.tar");
      const made = await backUp({ from: source, path, head, skipDamaged: false, onProgress });
      await isLate;
      expect(made.manifest.chunks).toEqual({ chunks: ROWS, bytes: ROWS * 1000 });
      expect(readdirSync(folder.path).filter((name) => name.endsWith(".part"))).toEqual([]);

      await restoreTo(to, path);
      await using target = await to.open();
      const restored = await everyRow(target.metadata);
      const plain = rows["chunks"]!.map((row) => ({ ...row, durable: true }));
      const noObjects = ["packs", "condemnedChunks", "doomedObjects", "pendingRebases", "jobs"];
      const expected = { ...withoutRows(rows, ...noObjects), chunks: plain };
      expect({ ...restored, chunkTotals: [] }).toEqual({ ...expected, chunkTotals: [] });
      const totals = await target.metadata.read((tx) => tx.chunks.totals());
      expect(totals).toEqual({ count: ROWS, storedBytes: ROWS * 1000 });
      for (const row of rows["chunks"]!)
        expect(await target.blobs.stat(String(row["objectKey"]))).toEqual({ sizeBytes: 1000 });
    },
    testLimitMs,
  );

  test("has chunks of every form as their bytes are, and restores to a storage that is clean", async () => {
    await using from = await aStorage(join(folder.path, "from"), "sqlite");
    await using to = await aStorage(join(folder.path, "to"), "sqlite");
    await using source = await from.open();
    const forms = await storeForms(source.metadata, source.blobs);
    await source.metadata.write((tx) => tx.garbage.condemn([forms.raw], 1));
    const { path, manifest } = await archiveOf(source);
    const bytes = formNames.reduce((sum, name) => sum + forms[name].sizeBytes, 0);
    expect(manifest.chunks).toEqual({ chunks: formNames.length, bytes });
    await restoreTo(to, path);
    await using target = await to.open();
    for (const name of formNames) {
      const [chunk] = await target.metadata.read((tx) => tx.chunks.getMany([forms[name].digest]));
      expect(chunk).toMatchObject({ encoding: "raw", packId: "", chainDepth: 0, state: "stored" });
      expect((await readRight(target, chunk!)).bytes).toEqual(formBytes(name));
    }
    const report = await fsck({
      storage: target,
      clock: systemClock(),
      isRead: () => true,
      mender: undefined,
    });
    expect(report.findings).toEqual([]);
  });

  test("is a tar file that other programs read", async () => {
    await using from = await filled("sqlite", 3);
    await using source = await from.open();
    const { path, manifest } = await archiveOf(source);
    const tar = (...args: string[]) => Bun.spawnSync(["tar", ...args, path], { cwd: folder.path });
    const names = tar("-tf").stdout.toString().trim().split("\n");
    expect([names[0], names.at(-1)]).toEqual(["modelbox-backup.json", "manifest.json"]);
    expect(tar("-xf").exitCode).toBe(0);
    const lines = readFileSync(join(folder.path, "tables/models/000001.jsonl"));
    const sha256 = new Bun.CryptoHasher("sha256").update(lines).digest("hex");
    expect(manifest.tables["models"]).toEqual({ rows: 3, sha256 });
    for (const name of readdirSync(join(folder.path, "chunks"))) {
      const bytes = readFileSync(join(folder.path, "chunks", name));
      expect(new Bun.CryptoHasher("sha256").update(bytes).digest("hex")).toBe(name);
    }
  });

  test("never replaces a file, and leaves none when it fails", async () => {
    await using from = await filled("sqlite", 3);
    await using source = await from.open();
    writeFileSync(join(folder.path, "mine.tar"), "mine");
    await fails(archiveOf(source, "mine.tar"), "already_exists");
    const [bad] = (await everyRow(source.metadata))["chunks"]!.map((row) => String(row["objectKey"]));
    const file = join(folder.path, "from/blobs", bad!);
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(7, 3, 4));
    const error = await fails(archiveOf(source), "failed_precondition");
    expect(error.message).toContain(bad!);
    expect(readdirSync(folder.path).toSorted()).toEqual(["from", "mine.tar"]);

    const { path, damaged } = await archiveOf(source, "rest.tar", true);
    await using to = await aStorage(join(folder.path, "to"), "sqlite");
    await restoreTo(to, path);
    await using target = await to.open();
    const [chunk] = await target.metadata.read((tx) => tx.chunks.getMany([damaged[0]!.sha256]));
    expect(chunk).toMatchObject({ objectKey: bad!, state: "quarantined" });
  });
});

describe("an archive", () => {
  test(
    "that is cut short or changed anywhere is refused",
    async () => {
      await using from = await filled("sqlite", 2);
      await using source = await from.open();
      const { path } = await archiveOf(source);
      const bytes = readFileSync(path);
      const wrong = join(folder.path, "wrong.tar");
      const refused = async (changed: Uint8Array) => {
        writeFileSync(wrong, changed);
        const error = await fails(checkArchive(wrong, undefined), "failed_precondition");
        expect(error.message).toMatch(/^The archive can't be used, since .+; take another backup/);
      };
      for (const size of [0, 100, 512, 5000, bytes.length / 2, bytes.length - 1024, bytes.length - 1])
        await refused(bytes.subarray(0, size));
      await refused(Buffer.concat([bytes, Buffer.alloc(512)]));
      // Every part has its turn: headers, rows, chunks, the fill between them, the manifest and the end.
      for (let offset = 0; offset < bytes.length; offset += 97) {
        const changed = Buffer.from(bytes);
        changed[offset]! ^= 1;
        await refused(changed);
      }
      await refused(Buffer.concat([Buffer.from("something else"), bytes]));
    },
    testLimitMs,
  );

  test("of a later form is refused, with what reads it", async () => {
    await using from = await filled("sqlite", 2);
    await using source = await from.open();
    const path = join(folder.path, "later.tar");
    await backUp({ from: source, path, head: { ...head, format: FORMAT + 1 }, skipDamaged: false });
    const error = await fails(checkArchive(path, undefined), "failed_precondition");
    expect(error.message).toContain("use ModelBox 1.2.3 or a later one");
  });
});

describe("a restore", () => {
  test("that was stopped is served by nobody, and is continued", async () => {
    await using from = await filled();
    await using to = await aStorage(join(folder.path, "to"), "sqlite");
    await using source = await from.open();
    const { path } = await archiveOf(source);
    const archive = await checkArchive(path, undefined);
    const stop = new AbortController();
    {
      await using target = await to.open("the backup");
      const onProgress = ({ doneChunks }: { doneChunks: number }) => {
        if (doneChunks > 100) stop.abort(new Error("stopped"));
      };
      const stopped = restore({ to: target, archive, signal: stop.signal, onProgress });
      expect(await stopped.catch(String)).toBe("Error: stopped");
    }
    expect((await fails(to.open(), "failed_precondition")).reason).toBe("COPY_UNFINISHED");
    // What a crash left of a chunk is stored anew.
    const [first] = (await everyRow(source.metadata))["chunks"]!.map((row) => String(row["objectKey"]));
    writeFileSync(join(folder.path, "to/blobs", first!), Buffer.alloc(1000));
    rmSync(join(folder.path, "from"), { recursive: true });
    await restoreTo(to, path);
    await using target = await to.open();
    const [row] = await target.metadata.read((tx) => tx.tables.page("chunks", undefined, 1));
    const bytes = readFileSync(join(folder.path, "to/blobs", first!));
    expect(new Bun.CryptoHasher("sha256").update(bytes).digest("hex")).toBe(String(row!["digest"]));
  });
});
