import { expect, test } from "bun:test";
import { open, rename, truncate, unlink } from "node:fs/promises";
import { everybody } from "../../../test/support/rpc.ts";
import { sha256 } from "../../../test/support/upload.ts";
import { openTransfers, someBytes, type TestTransfers } from "../../../test/support/blobs.ts";
import { MAX_KEPT_BYTES } from "./flow-limits.ts";
import { findMissingChunks } from "./find-missing-chunks.ts";
import { readFile } from "./read-file.ts";
import { createTransfers } from "./transfers.ts";

const bytes = someBytes(3_500_000);

test.each(["is room", "is no room"])(
  "gives back every range as it was stored, when there %s in memory",
  async (room) => {
    await using test = await openTransfers();
    if (room === "is no room") expect(test.transfers.kept.take(MAX_KEPT_BYTES)).toBe(true);
    const file = await test.store("model.bin", bytes);
    expect(await test.read(file)).toEqual(bytes);
    for (const [offset, length] of [
      [0, 1],
      [999_999, 2],
      [1_000_000, 1_000_000],
      [1_500_000, 1_700_000],
      [3_499_999, 1],
      [0, 0],
    ] as const) {
      expect(await test.read(file, offset, length)).toEqual(bytes.slice(offset, offset + length));
    }
    expect(test.transfers.load.isBusy).toBe(false);
    if (room === "is no room") test.transfers.kept.giveBack(MAX_KEPT_BYTES);
    expect(test.transfers.kept.take(MAX_KEPT_BYTES)).toBe(true);
  },
);

test("what was read and found right has an XXH3 to tell", async () => {
  await using test = await openTransfers();
  const file = await test.store("model.bin", bytes, { chunkBytes: 3_500_000 });
  const digest = sha256(bytes);
  expect(test.transfers.notes.xxh3(digest)).toBeUndefined();
  await test.read(file, 0, 1);
  expect(test.transfers.notes.xxh3(digest)).toBeUndefined();
  await test.read(file);
  expect(test.transfers.notes.xxh3(digest)).toBe(Bun.hash.xxHash3(bytes));
});

test("an empty file has no bytes", async () => {
  await using test = await openTransfers();
  const file = await test.store("empty", new Uint8Array(0));
  expect(await test.read(file)).toEqual(new Uint8Array(0));
});

test("a file of more chunks than one lookup takes is read whole", async () => {
  await using test = await openTransfers();
  const small = someBytes(6_000);
  const file = await test.store("many", small, { chunkBytes: 20 });
  expect(await test.read(file)).toEqual(small);
  expect(await test.read(file, 5_111, 333)).toEqual(small.slice(5_111, 5_444));
});

test("a slow reader of a chunk gets the bytes that were checked", async () => {
  await using test = await openTransfers();
  const file = await test.store("model.bin", bytes, { chunkBytes: 3_500_000 });
  const parts: Uint8Array[] = [];
  for await (const part of readFile(test.transfers, file, { offsetBytes: 0, lengthBytes: file.sizeBytes })) {
    await Bun.sleep(1);
    parts.push(part.slice());
  }
  expect(new Uint8Array(Buffer.concat(parts))).toEqual(bytes);
});

test("the memory of a chunk is given back when the next one is asked for", async () => {
  await using test = await openTransfers();
  const file = await test.store("model.bin", bytes);
  let last: Uint8Array | undefined;
  for await (const part of readFile(test.transfers, file, { offsetBytes: 0, lengthBytes: file.sizeBytes })) {
    if (last?.byteLength === 0) return;
    last = part;
  }
  expect.unreachable();
});

/** Reads until it fails; returns what had been given out by then, and the error. */
async function readUntilFailure(test: TestTransfers, file: Parameters<TestTransfers["read"]>[0]) {
  let given = 0;
  try {
    for await (const part of readFile(test.transfers, file, {
      offsetBytes: 0,
      lengthBytes: file.sizeBytes,
    })) {
      expect(Buffer.compare(part, bytes.subarray(given, given + part.byteLength))).toBe(0);
      given += part.byteLength;
    }
    return { given, error: undefined };
  } catch (error) {
    return { given, error };
  }
}

async function flipByte(path: string, offset: number): Promise<void> {
  await using file = await open(path, "r+");
  const byte = new Uint8Array(1);
  await file.read(byte, 0, 1, offset);
  await file.write(new Uint8Array([byte[0]! ^ 1]), 0, 1, offset);
}

/** The path of the object with a chunk of the file. */
async function objectOf(test: TestTransfers, fileId: string, index: number): Promise<string> {
  const row = await test.context.metadata.read(async (tx) => {
    const places = await tx.artifacts.fileChunks(fileId, 0, 100);
    return (await tx.chunks.getMany([places[index]!.digest]))[0]!;
  });
  return `${test.folder}/${row.objectKey}`;
}

const damages: readonly [string, (path: string) => Promise<unknown>, string][] = [
  ["changed in its first byte", (path) => flipByte(path, 0), "wrong_digest"],
  ["changed in its last byte", (path) => flipByte(path, 999_999), "wrong_digest"],
  ["cut off", (path) => truncate(path, 999_999), "truncated"],
  ["emptied", (path) => truncate(path, 0), "truncated"],
  ["gone", (path) => unlink(path), "absent"],
];

for (const [how, damage, problem] of damages) {
  for (const memory of ["that this process stored", "of an earlier process", "that must be read twice"]) {
    test(`no byte of a chunk ${memory} goes out when it is ${how}`, async () => {
      await using opened = await openTransfers();
      const file = await opened.store("model.bin", bytes);
      const fresh = createTransfers(opened.context, {
        corruptChunk: (found) => void corrupt.push(found.problem),
      });
      const corrupt: string[] = [];
      const transfers = memory === "of an earlier process" ? fresh : opened.transfers;
      if (memory === "that must be read twice") transfers.kept.take(MAX_KEPT_BYTES);
      const test = { ...opened, transfers };
      await damage(await objectOf(opened, file.id, 1));
      const { given, error } = await readUntilFailure(test, file);
      expect(given).toBe(1_000_000);
      expect(error).toMatchObject({ kind: "data_loss", reason: "CHUNK_CORRUPT" });
      expect([...corrupt, ...opened.corrupt.map((one) => one.problem)]).toEqual([problem]);
      expect(transfers.load.isBusy).toBe(false);
    });
  }
}

test("damage after a good read is found by the next one", async () => {
  await using test = await openTransfers();
  const file = await test.store("model.bin", bytes);
  expect(await test.read(file)).toEqual(bytes);
  await flipByte(await objectOf(test, file.id, 3), 250_000);
  expect(await readUntilFailure(test, file)).toMatchObject({
    given: 3_000_000,
    error: { kind: "data_loss" },
  });
});

test("storing the same bytes again repairs every file that has them", async () => {
  await using test = await openTransfers();
  const file = await test.store("model.bin", bytes);
  await flipByte(await objectOf(test, file.id, 2), 5);
  expect(await readUntilFailure(test, file)).toMatchObject({ error: { kind: "data_loss" } });
  const leaseId = await test.begin();
  const places = await test.context.metadata.read((tx) => tx.artifacts.fileChunks(file.id, 0, 10));
  const damaged = places[2]!.digest;
  expect(await findMissingChunks(test.context, everybody, { leaseId, chunks: places })).toEqual([damaged]);
  await test.send(leaseId, bytes.subarray(2_000_000, 3_000_000));
  expect(await test.read(file)).toEqual(bytes);
});

test("a chunk whose storage was away is used again once it is back", async () => {
  await using test = await openTransfers();
  const file = await test.store("model.bin", bytes);
  const path = await objectOf(test, file.id, 0);
  await rename(path, `${path}.away`);
  expect(await readUntilFailure(test, file)).toMatchObject({ given: 0, error: { kind: "data_loss" } });
  await rename(`${path}.away`, path);
  expect(await test.read(file)).toEqual(bytes);
  const leaseId = await test.begin();
  const places = await test.context.metadata.read((tx) => tx.artifacts.fileChunks(file.id, 0, 10));
  expect(await findMissingChunks(test.context, everybody, { leaseId, chunks: places })).toEqual([]);
});

test("a reader that leaves early lets go of everything", async () => {
  await using test = await openTransfers();
  const file = await test.store("model.bin", bytes);
  for await (const _ of readFile(test.transfers, file, { offsetBytes: 0, lengthBytes: file.sizeBytes }))
    break;
  expect(test.transfers.load.isBusy).toBe(false);
});
