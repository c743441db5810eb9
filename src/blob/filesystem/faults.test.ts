import { afterEach, beforeEach, expect, test } from "bun:test";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { keysOf, put, readAll, rejection } from "../conformance.ts";
import { earlyFlush } from "../decorators/early-flush.ts";
import { openFilesBelow, temporaryFolder, type TemporaryFolder } from "../testing.ts";
import { realFileSystem, type FileSystem, type OpenFile } from "./file-system.ts";
import { FilesystemBlobStore } from "./store.ts";

const KEY = "chunks/ab/cd/abcd.1";
const OTHER_KEY = "chunks/ab/ce/abce.1";

type Operation =
  | "open"
  | "rename"
  | "unlink"
  | "makeFolders"
  | "read"
  | "write"
  | "syncData"
  | "sync"
  | "close";

/** The real file system, until it is told which operation fails, and how. */
class FailingFileSystem implements FileSystem {
  readonly #failures = new Map<Operation, string>();
  readonly calls: Operation[] = [];

  fail(operation: Operation, code: string): void {
    this.#failures.set(operation, code);
  }

  heal(): void {
    this.#failures.clear();
  }

  async open(path: string, flags: string, mode?: number): Promise<OpenFile> {
    this.#check("open");
    return this.#watch(await realFileSystem.open(path, flags, mode));
  }

  createNow(path: string, mode: number): OpenFile {
    this.#check("open");
    return this.#watch(realFileSystem.createNow(path, mode));
  }

  #watch(file: OpenFile): OpenFile {
    return {
      ...file,
      read: (into, offset) => this.#run("read", () => file.read(into, offset)),
      write: (bytes, offset) => this.#run("write", () => file.write(bytes, offset)),
      writeNow: (bytes, offset) => {
        this.#check("write");
        return file.writeNow(bytes, offset);
      },
      syncData: () => this.#run("syncData", () => file.syncData()),
      sync: () => this.#run("sync", () => file.sync()),
      close: async () => {
        await file.close();
        this.#check("close");
      },
    };
  }

  rename(from: string, to: string): Promise<void> {
    return this.#run("rename", () => realFileSystem.rename(from, to));
  }

  unlink(path: string): Promise<void> {
    return this.#run("unlink", () => realFileSystem.unlink(path));
  }

  makeFolders(path: string, mode: number): Promise<void> {
    return this.#run("makeFolders", () => realFileSystem.makeFolders(path, mode));
  }

  stat(path: string): ReturnType<FileSystem["stat"]> {
    return realFileSystem.stat(path);
  }

  entries(path: string): ReturnType<FileSystem["entries"]> {
    return realFileSystem.entries(path);
  }

  async #run<T>(operation: Operation, work: () => Promise<T>): Promise<T> {
    this.#check(operation);
    return work();
  }

  #check(operation: Operation): void {
    this.calls.push(operation);
    const code = this.#failures.get(operation);
    if (code !== undefined) throw Object.assign(new Error(`${code}: made up`), { code });
  }
}

let folder: TemporaryFolder;
let files: FailingFileSystem;
let store: FilesystemBlobStore;

beforeEach(async () => {
  folder = await temporaryFolder();
  files = new FailingFileSystem();
  // Times of files are some milliseconds behind: what is written at once must not look like an earlier process's.
  store = await FilesystemBlobStore.open({ baseDir: folder.path, files, nowMs: () => 0 });
});

afterEach(async () => {
  expect(await openFilesBelow(folder.path)).toEqual([]);
  expect(await readdir(join(folder.path, "tmp"))).toEqual([]);
  await folder[Symbol.asyncDispose]();
});

const full = { name: "DomainError", kind: "resource_exhausted", reason: "STORAGE_FULL" };
const failed = { name: "DomainError", kind: "unavailable", reason: "STORAGE_FAILED" };

test.each([
  ["open", "ENOSPC", full],
  ["write", "ENOSPC", full],
  ["write", "EDQUOT", full],
  ["write", "EIO", failed],
  ["close", "EDQUOT", full],
  ["rename", "ENOSPC", full],
  ["rename", "EIO", failed],
  ["open", "EMFILE", failed],
  ["open", "EROFS", failed],
] as const)("a failure of %s with %s leaves nothing and says so", async (operation, code, expected) => {
  files.fail(operation, code);
  expect(await rejection(put(store, KEY, new Uint8Array(100_000)))).toMatchObject(expected);
  files.heal();
  expect(await keysOf(store, "")).toEqual([]);
  await put(store, KEY, new Uint8Array(100_000));
  expect(await keysOf(store, "")).toEqual([KEY]);
});

test("the cause stays in the error, and the message has no path", async () => {
  files.fail("write", "EIO");
  const error = (await rejection(put(store, KEY, new Uint8Array(10)))) as Error;
  expect(error.cause).toMatchObject({ code: "EIO" });
  expect(error.message).not.toContain(folder.path);
});

test("a folder that can't be made fails the commit", async () => {
  files.fail("makeFolders", "EACCES");
  expect(await rejection(put(store, KEY, new Uint8Array(10)))).toMatchObject(failed);
});

test("a disk that can't be read is no absent object", async () => {
  await put(store, KEY, new Uint8Array(1000));
  files.fail("read", "EIO");
  expect(await rejection(store.read(KEY).then(readAll))).toMatchObject(failed);
  files.fail("open", "EACCES");
  expect(await rejection(store.openReader(KEY))).toMatchObject(failed);
});

test.each(["syncData", "sync"] as const)("a failure of %s fails the flush", async (operation) => {
  await put(store, KEY, new Uint8Array(1000));
  files.fail(operation, "EIO");
  expect(await rejection(store.flush([KEY]))).toMatchObject(failed);
});

test("a file system without a flush of folders is taken as it is", async () => {
  await put(store, KEY, new Uint8Array(1000));
  files.fail("sync", "EINVAL");
  await store.flush([KEY]);
});

test("flush takes each file once, and each folder once", async () => {
  await put(store, KEY, new Uint8Array(10));
  await put(store, OTHER_KEY, new Uint8Array(10));
  files.calls.length = 0;
  await store.flush([KEY, OTHER_KEY]);
  expect(files.calls.filter((call) => call === "syncData")).toHaveLength(2);
  // The two folders of the objects, chunks/ab, chunks, and the base folder.
  expect(files.calls.filter((call) => call === "sync")).toHaveLength(5);
});

test("flushing begins with the commit", async () => {
  const early = earlyFlush(store);
  await put(early, KEY, new Uint8Array(10));
  await early.flush([KEY]);
  files.calls.length = 0;
  await early.flush([KEY]);
  expect(files.calls).toEqual([]);
});

test("what could not be flushed is never said to be flushed", async () => {
  const early = earlyFlush(store);
  files.fail("syncData", "EIO");
  await put(early, KEY, new Uint8Array(10));
  expect(await rejection(early.flush([KEY]))).toMatchObject(failed);
  files.heal();
  // The system has dropped the bytes that it could not write, and would not say so a second time.
  expect(await rejection(early.flush([KEY]))).toMatchObject(failed);
  await put(early, OTHER_KEY, new Uint8Array(10));
  await early.flush([OTHER_KEY]);
  await early[Symbol.asyncDispose]();
});

test("what could not be flushed goes if it was new, and stays if it was there before", async () => {
  await put(store, KEY, new Uint8Array(10));
  const early = earlyFlush(store);
  files.fail("syncData", "EIO");
  await put(early, OTHER_KEY, new Uint8Array(10));
  expect(await rejection(early.flush([OTHER_KEY]))).toMatchObject(failed);
  expect(await rejection(early.flush([KEY]))).toMatchObject(failed);
  files.heal();
  await early[Symbol.asyncDispose]();
  expect(await keysOf(store, "")).toEqual([KEY]);
});

test("an object that is deleted before its flush harms no other", async () => {
  const early = earlyFlush(store);
  await Promise.all([put(early, KEY, new Uint8Array(10)), put(early, OTHER_KEY, new Uint8Array(10))]);
  await early.delete(KEY);
  await early.flush([OTHER_KEY]);
  await early[Symbol.asyncDispose]();
});
