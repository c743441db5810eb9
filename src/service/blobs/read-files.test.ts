import { expect, test } from "bun:test";
import { open } from "node:fs/promises";
import { errorOf } from "../../../test/support/failure.ts";
import { openTransfers, someBytes, type TestTransfers } from "../../../test/support/blobs.ts";
import { everybody } from "../../../test/support/rpc.ts";
import { sha256 } from "../../../test/support/upload.ts";
import type { BlobStore } from "../../domain/blob-store.ts";
import type { StoredFile } from "../../domain/entities.ts";
import { writePack } from "../../domain/pack-format.ts";
import type { Caller } from "../context.ts";
import { MAX_KEPT_BYTES } from "./flow-limits.ts";
import { postPack } from "./post-pack.ts";
import { findSmallFiles, readSmallFiles } from "./read-files.ts";

/** Stores files, most of them in one pack. */
async function storeSome(test: TestTransfers): Promise<readonly { file: StoredFile; bytes: Uint8Array }[]> {
  const contents = Array.from({ length: 30 }, (_, index) => someBytes(1_000 + 700 * index, index + 1));
  const packed = contents.slice(0, 25).map((bytes) => ({ digest: sha256(bytes), bytes }));
  const pack = writePack(new Uint8Array(1_000_000), packed).slice();
  const whole = async () => pack;
  const leaseId = await test.begin();
  await postPack(test.transfers, everybody, { leaseId, sizeBytes: pack.byteLength, whole });
  const stored = [];
  for (const [index, bytes] of [...contents, contents[3]!, new Uint8Array(0)].entries()) {
    const chunkBytes = index % 5 === 4 ? 500 : 1_000_000;
    stored.push({ file: await test.store(`f${index}`, bytes, { chunkBytes }), bytes });
  }
  return stored;
}

async function read(test: TestTransfers, ids: readonly string[], caller: Caller = everybody) {
  const found = await findSmallFiles(test.context, caller, ids);
  const pieces: Uint8Array[] = [];
  for await (const piece of readSmallFiles(test.transfers, found)) pieces.push(piece.slice());
  return Buffer.concat(pieces);
}

test("gives the bytes of all files, in the order in which they were asked for", async () => {
  let reads = 0;
  const counting = (store: BlobStore) =>
    new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name === "readBytes") reads += 1;
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  await using test = await openTransfers(counting);
  const stored = await storeSome(test);
  const orders = [stored, stored.toReversed(), stored.slice(3, 9)];
  for (const order of orders) {
    const wanted = Buffer.concat(order.map(({ bytes }) => bytes));
    const got = await read(
      test,
      order.map(({ file }) => file.id),
    );
    expect(got.equals(wanted)).toBe(true);
  }
  reads = 0;
  const packed = stored.slice(5, 9).map(({ file }) => file.id);
  await read(test, packed);
  expect(reads).toBe(1);
  expect(test.transfers.kept.take(MAX_KEPT_BYTES)).toBe(true);
  expect(test.transfers.load.isBusy).toBe(false);
});

test("a damaged chunk fails the request before its first byte", async () => {
  await using test = await openTransfers();
  const stored = await storeSome(test);
  const [row] = await test.context.metadata.read((tx) => tx.chunks.getMany([sha256(stored[7]!.bytes)]));
  const object = await open(`${test.folder}/${row!.objectKey}`, "r+");
  await object.write(Buffer.from([stored[7]!.bytes[0]! ^ 1]), 0, 1, row!.objectOffset);
  await object.close();
  const all = stored.map(({ file }) => file.id);
  expect(await errorOf(read(test, all))).toMatchObject({ kind: "data_loss" });
  expect(test.corrupt).toMatchObject([{ problem: "wrong_digest", chunk: { digest: row!.digest } }]);
  const others = stored.filter((_, index) => index !== 7);
  const got = await read(
    test,
    others.map(({ file }) => file.id),
  );
  expect(got.equals(Buffer.concat(others.map(({ bytes }) => bytes)))).toBe(true);
  expect(test.transfers.kept.take(MAX_KEPT_BYTES)).toBe(true);
});

test("who may not read one of the files gets none", async () => {
  await using test = await openTransfers();
  const [mine] = await storeSome(test);
  const theirs = await test.store("secret", someBytes(100, 99));
  const namespaceId = theirs.namespaceId;
  const stranger: Caller = { actor: "s", readable: [crypto.randomUUID()], writable: [] };
  expect(await errorOf(read(test, [mine!.file.id], stranger))).toMatchObject({ kind: "not_found" });
  const reader: Caller = { actor: "r", readable: [namespaceId], writable: [] };
  expect((await read(test, [theirs.id], reader)).byteLength).toBe(100);
  expect(await errorOf(read(test, [theirs.id, crypto.randomUUID()]))).toMatchObject({ kind: "not_found" });
  expect(await errorOf(read(test, [theirs.id, theirs.id]))).toMatchObject({ kind: "invalid_argument" });
});

test("files that are too large together are refused", async () => {
  await using test = await openTransfers();
  const large = await test.store("large", someBytes(4_000_000, 5));
  const other = await test.store("other", someBytes(400_000, 6));
  expect((await read(test, [large.id])).byteLength).toBe(4_000_000);
  expect(await errorOf(read(test, [large.id, other.id]))).toMatchObject({ kind: "invalid_argument" });
});
