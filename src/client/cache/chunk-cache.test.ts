import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { ChunkCache, MIN_CACHED_BYTES } from "./chunk-cache.ts";

const MIB = 1024 * 1024;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let cache: ChunkCache;

beforeEach(async () => {
  folder = await temporaryFolder();
  cache = open();
});
afterEach(() => folder[Symbol.asyncDispose]());

function open(limitBytes = 10 * MIB): ChunkCache {
  return new ChunkCache({ folder: join(folder.path, "cache"), limitBytes });
}

function aChunk(sizeBytes = MIB): { bytes: Uint8Array; sha256: string } {
  const bytes = new Uint8Array(randomBytes(sizeBytes));
  return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
}

function files(): string[] {
  const entries = readdirSync(join(folder.path, "cache"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

function read(from: ChunkCache, { sha256, bytes }: { sha256: string; bytes: Uint8Array }): boolean {
  const into = new Uint8Array(bytes.length);
  const found = from.read(sha256, into);
  if (found) expect(Buffer.from(into).equals(bytes)).toBe(true);
  return found;
}

describe("the cache", () => {
  test("has what was written, also for another process", async () => {
    const chunk = aChunk();
    expect(read(cache, chunk)).toBe(false);
    await cache.write(chunk.sha256, chunk.bytes);
    await cache.write(chunk.sha256, chunk.bytes);
    expect(read(cache, chunk)).toBe(true);
    expect(read(open(), chunk)).toBe(true);
    expect(await open().use()).toEqual({ chunks: 1, files: 0, bytes: MIB });
    expect(files().map((path) => statSync(path).mode & 0o777)).toEqual([0o600]);
  });

  test("leaves small chunks and those beyond its limit alone", async () => {
    for (const sizeBytes of [1, MIN_CACHED_BYTES - 1, 11 * MIB]) {
      const chunk = aChunk(sizeBytes);
      await cache.write(chunk.sha256, chunk.bytes);
      expect(read(cache, chunk)).toBe(false);
    }
    expect(await cache.use()).toEqual({ chunks: 0, files: 0, bytes: 0 });
  });

  test("drops what is damaged", async () => {
    for (const damage of [
      (path: string) => writeFileSync(path, randomBytes(MIB)),
      (path: string) => truncateSync(path, 1000),
      (path: string) => truncateSync(path, MIB + 1),
    ]) {
      const chunk = aChunk();
      await cache.write(chunk.sha256, chunk.bytes);
      damage(files()[0] ?? "");
      expect(read(cache, chunk)).toBe(false);
      await cache.clear();
    }
  });

  test("replaces what was cut short", async () => {
    const chunk = aChunk();
    await cache.write(chunk.sha256, chunk.bytes);
    truncateSync(files()[0] ?? "", 1000);
    expect(read(cache, chunk)).toBe(false);
    await cache.write(chunk.sha256, chunk.bytes);
    expect(read(cache, chunk)).toBe(true);
  });

  test("stays within its limit, and keeps what was used last", async () => {
    const chunks = Array.from({ length: 10 }, () => aChunk());
    for (const [index, { sha256, bytes }] of chunks.entries()) {
      await cache.write(sha256, bytes);
      const at = new Date(Date.now() - (100 - index) * 3_600_000);
      for (const path of files().filter((name) => name.endsWith(sha256))) utimesSync(path, at, at);
    }
    // The oldest is used once more.
    expect(read(cache, chunks[0]!)).toBe(true);
    const another = aChunk();
    await cache.write(another.sha256, another.bytes);
    expect((await cache.use()).bytes).toBeLessThanOrEqual(10 * MIB);
    expect(read(cache, chunks[0]!)).toBe(true);
    expect(read(cache, chunks[1]!)).toBe(false);
    expect(read(cache, another)).toBe(true);
  });

  test("counts what an SDK has loaded, and clears it out unless it may be in use", async () => {
    const place = (name: string): string => join(folder.path, "cache/files", name);
    for (const name of ["old", "young"]) {
      mkdirSync(join(place(name), "files/below"), { recursive: true });
      writeFileSync(join(place(name), "files/below/model.onnx"), randomBytes(6 * MIB));
      writeFileSync(join(place(name), "checked.json"), "{}");
    }
    for (const name of ["checked.json", "files/below/model.onnx"])
      utimesSync(join(place("old"), name), new Date(0), new Date(0));
    const chunk = aChunk();
    await cache.write(chunk.sha256, chunk.bytes);
    expect(await cache.use()).toEqual({ chunks: 1, files: 1, bytes: 7 * MIB });
    expect(readdirSync(join(folder.path, "cache/files"))).toEqual(["young"]);
    await cache.clear();
    expect(files()).toEqual([]);
  });

  test("several at once stay within the limit too", async () => {
    const caches = Array.from({ length: 4 }, () => open());
    await Promise.all(
      caches.map(async (one) => {
        for (let index = 0; index < 10; index += 1) {
          const chunk = aChunk();
          await one.write(chunk.sha256, chunk.bytes);
        }
      }),
    );
    const last = aChunk();
    await open().write(last.sha256, last.bytes);
    expect((await cache.use()).bytes).toBeLessThanOrEqual(10 * MIB);
  });

  test("removes what a killed process left, and not what another one writes", async () => {
    const first = aChunk();
    await cache.write(first.sha256, first.bytes);
    const [old, young] = ["old", "young"].map((name) => join(folder.path, "cache/tmp", name));
    for (const path of [old!, young!]) writeFileSync(path, "half");
    utimesSync(old!, new Date(0), new Date(0));
    const second = aChunk();
    await open().write(second.sha256, second.bytes);
    expect(readdirSync(join(folder.path, "cache/tmp"))).toEqual(["young"]);
  });

  test("is read where it can't be written any more", async () => {
    const kept = aChunk();
    await cache.write(kept.sha256, kept.bytes);
    rmSync(join(folder.path, "cache/tmp"), { recursive: true });
    writeFileSync(join(folder.path, "cache/tmp"), "");
    const blocked = open();
    const another = aChunk();
    await blocked.write(another.sha256, another.bytes);
    expect(read(blocked, another)).toBe(false);
    expect(read(blocked, kept)).toBe(true);
  });

  test("is as one that is empty where it can't be used", async () => {
    const blocked = new ChunkCache({ folder: join(folder.path, "file/cache"), limitBytes: MIB * 10 });
    writeFileSync(join(folder.path, "file"), "");
    const chunk = aChunk();
    await blocked.write(chunk.sha256, chunk.bytes);
    expect(read(blocked, chunk)).toBe(false);
    expect(await blocked.use()).toEqual({ chunks: 0, files: 0, bytes: 0 });
    await cache.write(chunk.sha256, chunk.bytes);
    expect(await cache.clear()).toEqual({ chunks: 1, files: 0, bytes: MIB });
    expect(await cache.use()).toEqual({ chunks: 0, files: 0, bytes: 0 });
    expect(read(cache, chunk)).toBe(false);
  });
});
