import { expect, test } from "bun:test";
import { stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ChunkMemory } from "../transfer/chunk-memory.ts";
import { CHUNK_OVERHEAD_BYTES } from "../transfer/limits.ts";
import { failureOf } from "../testing/failure-of.ts";
import { randomBytes } from "../testing/random-bytes.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { fileChunks } from "./file-chunks.ts";
import type { LocalFile } from "./local-file.ts";

const never = new AbortController().signal;
const CHUNK_BYTES = 4 * 1024 * 1024;

async function describeFile(path: string): Promise<LocalFile> {
  const facts = await stat(path, { bigint: true });
  const sizeBytes = Number(facts.size);
  return { storedPath: "a", realPath: path, shownPath: path, sizeBytes, mtimeNs: facts.mtimeNs };
}

/** Cuts in other places than where the windows end. */
const unevenCutter = {
  windowBytes: 1000,
  maxWindowBytes: 1000,
  nextLength: (window: Uint8Array) => Math.min(window.length, 1 + ((window[0] ?? 0) % 7) * 100),
};

const evenCutter = {
  windowBytes: CHUNK_BYTES,
  maxWindowBytes: CHUNK_BYTES,
  nextLength: (window: Uint8Array) => window.length,
};

/** Asks for one byte more until there are as many as the chunk's first byte says, and half of them are left over. */
function growingCutter() {
  let windowBytes = 1;
  return {
    get windowBytes() {
      return windowBytes;
    },
    maxWindowBytes: 64,
    nextLength(window: Uint8Array) {
      const wanted = 1 + ((window[0] ?? 0) % 64);
      const isEnd = window.length < windowBytes;
      windowBytes = window.length + 1;
      if (window.length < wanted && !isEnd) return undefined;
      windowBytes = 1;
      return Math.ceil(Math.min(wanted, window.length) / 2);
    },
  };
}

test.each([
  ["at once", () => unevenCutter],
  ["after it has asked for more", growingCutter],
])("gives every byte once and in order, wherever a cutter cuts %s", async (_, cutterFor) => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a");
  const bytes = randomBytes(50_000);
  await writeFile(path, bytes);
  const memory = new ChunkMemory(5000, 1000);
  const parts: Buffer[] = [];
  for await (const { lent, bytes: part } of fileChunks(await describeFile(path), memory, never, cutterFor)) {
    parts.push(Buffer.from(part));
    lent[Symbol.dispose]();
  }
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  expect(parts.length).toBeGreaterThan(50);
});

test("waits when the memory is lent out, and gives it back on failure", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a");
  await writeFile(path, randomBytes(3 * CHUNK_BYTES));
  const memory = new ChunkMemory(2 * (CHUNK_BYTES + CHUNK_OVERHEAD_BYTES), CHUNK_BYTES);
  const chunks = fileChunks(await describeFile(path), memory, never, () => evenCutter);
  const first = await chunks.next();
  await chunks.next();
  const third = chunks.next();
  await stat(path);
  expect(Bun.peek.status(third)).toBe("pending");
  await truncate(path, CHUNK_BYTES);
  first.value?.lent[Symbol.dispose]();
  expect(await failureOf(third)).toMatchObject({ name: "LocalFileError" });
  const lent = await memory.borrow(CHUNK_BYTES, never);
  expect(lent.bytes).toHaveLength(CHUNK_BYTES);
});

test("a file that is not as it was found is refused", async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, "a");
  await writeFile(path, "x");
  const file = await describeFile(path);
  await writeFile(path, "longer");
  const memory = new ChunkMemory(CHUNK_BYTES, CHUNK_BYTES);
  expect(await failureOf(fileChunks(file, memory, never).next())).toMatchObject({
    message: expect.stringContaining("changed while it was read"),
  });
  expect(
    await failureOf(fileChunks({ ...file, realPath: `${path}-not` }, memory, never).next()),
  ).toMatchObject({
    message: expect.stringContaining("can't be read (ENOENT)"),
  });
});
