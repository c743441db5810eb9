import { afterEach, expect, test } from "bun:test";
import { chmod, mkdir, readdir, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { keysOf, put, readAll, rejection, testBlobStore, type BlobStoreUnderTest } from "../conformance.ts";
import { earlyFlush } from "../decorators/early-flush.ts";
import { observed } from "../decorators/observed.ts";
import { openFilesBelow, temporaryFolder, type TemporaryFolder } from "../testing.ts";
import { FilesystemBlobStore } from "./store.ts";
import { WritePace } from "./write-pace.ts";

const KEY = "chunks/ab/cd/abcd.1";
const folders: TemporaryFolder[] = [];

async function newFolder(): Promise<string> {
  const folder = await temporaryFolder();
  folders.push(folder);
  return folder.path;
}

afterEach(async () => {
  for (const folder of folders.splice(0)) await folder[Symbol.asyncDispose]();
});

async function underTest(
  decorate: (store: FilesystemBlobStore) => BlobStoreUnderTest["store"],
  pace = new WritePace(),
): Promise<BlobStoreUnderTest> {
  const folder = await temporaryFolder();
  const store = decorate(await FilesystemBlobStore.open({ baseDir: folder.path, pace }));
  return {
    store,
    async leftovers() {
      return [
        ...(await readdir(join(folder.path, "tmp"))),
        ...(await openFilesBelow(join(folder.path, "tmp"))),
      ];
    },
    async dispose() {
      await store[Symbol.asyncDispose]();
      expect(await openFilesBelow(folder.path)).toEqual([]);
      await folder[Symbol.asyncDispose]();
    },
  };
}

testBlobStore({ name: "FilesystemBlobStore", create: () => underTest((store) => store) });
/** Before its time begins it is never fast. */
const slow = new WritePace(() => -1);
testBlobStore({
  name: "FilesystemBlobStore, written by other threads",
  create: () => underTest((store) => store, slow),
});
testBlobStore({ name: "FilesystemBlobStore, flushed early", create: () => underTest(earlyFlush) });
testBlobStore({
  name: "FilesystemBlobStore, observed",
  create: () => underTest((store) => observed(store, () => undefined)),
});

test("nobody else may look", async () => {
  const baseDir = join(await newFolder(), "blobs");
  const store = await FilesystemBlobStore.open({ baseDir });
  await put(store, KEY, new Uint8Array([1]));
  for (const path of ["", "tmp", "chunks", "chunks/ab", "chunks/ab/cd"]) {
    expect((await stat(join(baseDir, path))).mode & 0o777).toBe(0o700);
  }
  expect((await stat(join(baseDir, KEY))).mode & 0o777).toBe(0o600);
});

test("a start removes what writers of earlier processes left, and nothing else", async () => {
  const baseDir = await newFolder();
  await mkdir(join(baseDir, "tmp"));
  const old = join(baseDir, "tmp", "left-by-a-crash");
  const young = join(baseDir, "tmp", "of-a-process-that-starts-too");
  await writeFile(old, "x");
  await utimes(old, new Date(0), new Date(0));
  await writeFile(young, "x");
  await utimes(young, new Date(Date.now() + 3_600_000), new Date(Date.now() + 3_600_000));
  await put(await FilesystemBlobStore.open({ baseDir }), KEY, new Uint8Array([1]));
  const store = await FilesystemBlobStore.open({ baseDir });
  expect(await readdir(join(baseDir, "tmp"))).toEqual(["of-a-process-that-starts-too"]);
  expect(await keysOf(store, "")).toEqual([KEY]);
});

test("files of others in the folder are not objects", async () => {
  const baseDir = await newFolder();
  const store = await FilesystemBlobStore.open({ baseDir });
  await put(store, KEY, new Uint8Array([1]));
  await mkdir(join(baseDir, "lost+found"));
  await writeFile(join(baseDir, "lost+found", "x"), "x");
  await writeFile(join(baseDir, "chunks", ".nfs123"), "x");
  expect(await keysOf(store, "")).toEqual([KEY]);
  expect(await store.stat("chunks/ab")).toBeUndefined();
  expect(await rejection(store.read("chunks/ab"))).toMatchObject({ name: "ObjectNotFoundError" });
});

test("a file that is cut off while it is read fails the stream", async () => {
  const baseDir = await newFolder();
  const store = await FilesystemBlobStore.open({ baseDir });
  await put(store, KEY, new Uint8Array(2_000_000));
  const stream = await store.read(KEY);
  await truncate(join(baseDir, KEY), 1_000_000);
  expect(await rejection(readAll(stream))).toMatchObject({ name: "ObjectTruncatedError", key: KEY });
  expect(await openFilesBelow(baseDir)).toEqual([]);
});

test.skipIf(process.getuid?.() === 0)("a folder that may not be written to is not ready", async () => {
  const baseDir = await newFolder();
  const store = await FilesystemBlobStore.open({ baseDir });
  await chmod(join(baseDir, "tmp"), 0o500);
  expect(await rejection(store.check())).toMatchObject({ kind: "unavailable", reason: "STORAGE_FAILED" });
  await chmod(join(baseDir, "tmp"), 0o700);
});
