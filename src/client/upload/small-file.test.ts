import { expect, test } from "bun:test";
import { rm, stat, symlink, truncate, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChunkMemory } from "../transfer/chunk-memory.ts";
import { READS_AFTER_SLOW_ONE, SLOW_READ_MS } from "../transfer/limits.ts";
import { failureOf } from "../testing/failure-of.ts";
import { randomBytes } from "../testing/random-bytes.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import type { LocalFile } from "./local-file.ts";
import { ReadPace } from "./read-pace.ts";
import { readSmallFile } from "./small-file.ts";

const { signal } = new AbortController();

async function describeFile(path: string): Promise<LocalFile> {
  const facts = await stat(path, { bigint: true });
  const sizeBytes = Number(facts.size);
  return { storedPath: "a", realPath: path, shownPath: path, sizeBytes, mtimeNs: facts.mtimeNs };
}

const read = (file: LocalFile, memory = new ChunkMemory(1_000_000)) =>
  readSmallFile(file, memory, signal, (work) => work());

test("gives all bytes of a small file", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a");
  const bytes = randomBytes(50_000);
  await writeFile(path, bytes);
  const found = await read(await describeFile(path));
  using _lent = found.lent;
  expect(Buffer.from(found.bytes).equals(bytes)).toBe(true);
});

test.each([
  ["became shorter", (path: string) => truncate(path, 10), "changed while it was read"],
  ["became longer", (path: string) => truncate(path, 100_000), "changed while it was read"],
  ["was touched", (path: string) => utimes(path, 1, 1), "changed while it was read"],
  ["is gone", (path: string) => rm(path), "can't be read (ENOENT)"],
  [
    "became a link",
    async (path: string) => {
      await rm(path);
      await symlink("/etc/hostname", path);
    },
    "can't be read (ELOOP)",
  ],
])("a file that %s since it was found is refused, and its memory given back", async (_, change, message) => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a");
  await writeFile(path, randomBytes(1_000));
  const file = await describeFile(path);
  await change(path);
  const memory = new ChunkMemory(1);
  expect(String(await failureOf(read(file, memory)))).toContain(message);
  using _all = await memory.borrow(1, signal);
});

test("after a slow read the next ones go elsewhere", () => {
  let nowMs = 0;
  const pace = new ReadPace(() => nowMs);
  const take = (timeMs: number) => pace.measure(() => (nowMs += timeMs));
  expect(pace.isFast()).toBe(true);
  take(SLOW_READ_MS);
  expect(pace.isFast()).toBe(true);
  take(SLOW_READ_MS + 1);
  for (let index = 0; index < READS_AFTER_SLOW_ONE; index += 1) expect(pace.isFast()).toBe(false);
  expect(pace.isFast()).toBe(true);
});
