import { expect, test } from "bun:test";
import { errorOf } from "../../../test/support/failure.ts";
import { everybody } from "../../../test/support/rpc.ts";
import { openTransfers, pieces, someBytes } from "../../../test/support/blobs.ts";
import { sha256 } from "../../../test/support/upload.ts";
import type { Caller } from "../context.ts";
import { findMissingChunks } from "./find-missing-chunks.ts";
import { putChunk } from "./put-chunk.ts";

const bytes = someBytes(500_000);
const digest = sha256(bytes);
const chunk = { digest, sizeBytes: bytes.byteLength };

test("a chunk is stored once, whoever sends it", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const put = () => putChunk(test.transfers, everybody, { ...chunk, leaseId, body: pieces(bytes) });
  expect(await findMissingChunks(test.context, everybody, { leaseId, chunks: [chunk] })).toEqual([digest]);
  expect(await put()).toEqual({ exists: false });
  expect(await put()).toEqual({ exists: true });
  expect(await test.objects()).toHaveLength(1);
  expect(await findMissingChunks(test.context, everybody, { leaseId, chunks: [chunk] })).toEqual([]);
});

test("callers that send one digest at once leave one object", async () => {
  await using test = await openTransfers();
  const leases = await Promise.all(Array.from({ length: 16 }, (_, index) => test.begin(`n${index}`)));
  await Promise.all(leases.map((leaseId) => test.send(leaseId, bytes)));
  const objects = await test.objects();
  expect(objects).toHaveLength(1);
  const [row] = await test.context.metadata.read((tx) => tx.chunks.getMany([digest]));
  expect(objects[0]).toEndWith(row!.objectKey);
  for (const leaseId of leases) {
    const held = await test.context.metadata.read((tx) => tx.chunks.heldBy(leaseId, [digest]));
    expect(held).toHaveLength(1);
  }
});

test.each([
  ["has other bytes", someBytes(500_000, 2), 500_000, "DIGEST_MISMATCH"],
  ["is too short", bytes.subarray(1), 500_000, "SIZE_MISMATCH"],
  ["is too long", someBytes(500_001), 500_000, "SIZE_MISMATCH"],
  ["is empty", new Uint8Array(0), 500_000, "SIZE_MISMATCH"],
])("a body that %s leaves nothing", async (_, body, sizeBytes, reason) => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const put = putChunk(test.transfers, everybody, { digest, sizeBytes, leaseId, body: pieces(body) });
  expect(await errorOf(put)).toMatchObject({ kind: "invalid_argument", reason });
  expect(await test.objects()).toEqual([]);
  expect(await test.context.metadata.read((tx) => tx.chunks.getMany([digest]))).toEqual([]);
});

test("a body that breaks off leaves nothing", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  async function* broken() {
    yield bytes.subarray(0, 100_000);
    throw new Error("connection lost");
  }
  const put = putChunk(test.transfers, everybody, { ...chunk, leaseId, body: broken() });
  expect(await errorOf(put)).toMatchObject({ message: "connection lost" });
  expect(await test.objects()).toEqual([]);
  expect(test.transfers.load.isBusy).toBe(false);
});

test("a stored digest is read and checked all the same", async () => {
  await using test = await openTransfers();
  await test.send(await test.begin(), bytes);
  const leaseId = await test.begin("other");
  const wrong = putChunk(test.transfers, everybody, {
    ...chunk,
    leaseId,
    body: pieces(someBytes(500_000, 3)),
  });
  expect(await errorOf(wrong)).toMatchObject({ reason: "DIGEST_MISMATCH" });
  expect(await test.context.metadata.read((tx) => tx.chunks.heldBy(leaseId, [digest]))).toEqual([]);
});

test("nobody learns what others have", async () => {
  await using test = await openTransfers();
  const secret = await test.store("secret.bin", bytes, { namespace: "theirs" });
  const mine = await test.begin("mine");
  const [lease] = [await test.context.metadata.read((tx) => tx.leases.get(mine))];
  const stranger: Caller = { actor: "s", readable: [lease!.namespaceId], writable: [lease!.namespaceId] };
  const ask = (caller: Caller) => findMissingChunks(test.context, caller, { leaseId: mine, chunks: [chunk] });
  expect(await ask(stranger)).toEqual([digest]);
  // Even the status of an upload does not tell that the bytes were there.
  const put = putChunk(test.transfers, stranger, { ...chunk, leaseId: mine, body: pieces(bytes) });
  expect(await put).toEqual({ exists: false });
  expect(await ask(stranger)).toEqual([]);
  expect(await test.objects()).toHaveLength(1);
  expect(secret.sizeBytes).toBe(bytes.byteLength);
  const other = await test.begin("mine");
  expect(await findMissingChunks(test.context, everybody, { leaseId: other, chunks: [chunk] })).toEqual([]);
});

test("a size that can't be is refused where the digest is known", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  await test.send(leaseId, bytes);
  const chunks = [{ digest, sizeBytes: 1 }];
  expect(await errorOf(findMissingChunks(test.context, everybody, { leaseId, chunks }))).toMatchObject({
    violations: [{ field: "chunks[0].size_bytes" }],
  });
});

test("a lease that is over, unknown or of another kind takes nothing", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const put = (id: string) =>
    putChunk(test.transfers, everybody, { ...chunk, leaseId: id, body: pieces(bytes) });
  expect(await errorOf(put(crypto.randomUUID()))).toMatchObject({ kind: "not_found" });
  test.advanceMs(60_001);
  expect(await errorOf(put(leaseId))).toMatchObject({ kind: "failed_precondition", reason: "LEASE_ENDED" });
  expect(await test.objects()).toEqual([]);
});

test("a lease that ends while the body arrives takes nothing", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  async function* slow() {
    yield bytes.subarray(0, 100_000);
    test.advanceMs(60_001);
    yield bytes.subarray(100_000);
  }
  const put = putChunk(test.transfers, everybody, { ...chunk, leaseId, body: slow() });
  expect(await errorOf(put)).toMatchObject({ reason: "LEASE_ENDED" });
  expect(await test.objects()).toEqual([]);
});

test("a lease lives longer while it is used", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  for (let round = 1; round <= 5; round += 1) {
    test.advanceMs(40_000);
    if (round % 2 === 0) await test.send(leaseId, someBytes(1_000, round));
    else await findMissingChunks(test.context, everybody, { leaseId, chunks: [chunk] });
  }
});

test("who may not write may not upload", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const lease = await test.context.metadata.read((tx) => tx.leases.get(leaseId));
  const reader: Caller = { actor: "r", readable: [lease!.namespaceId], writable: [] };
  const put = (caller: Caller) =>
    putChunk(test.transfers, caller, { ...chunk, leaseId, body: pieces(bytes) });
  await put(everybody);
  expect(await errorOf(put(reader))).toMatchObject({ kind: "permission_denied" });
  expect(await errorOf(put({ ...reader, readable: [] }))).toMatchObject({ kind: "not_found" });
});
