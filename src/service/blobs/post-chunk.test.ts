import { expect, test } from "bun:test";
import { errorOf } from "../../../test/support/failure.ts";
import { openTransfers, someBytes } from "../../../test/support/blobs.ts";
import { everybody } from "../../../test/support/rpc.ts";
import { sha256 } from "../../../test/support/upload.ts";
import type { Caller } from "../context.ts";
import { MAX_WHOLE_BODY_BYTES } from "./flow-limits.ts";
import { postChunk } from "./post-chunk.ts";
import { MemoryBudget } from "./transfers.ts";

const bytes = someBytes(500_000);
const digest = sha256(bytes);
const xxh3 = Bun.hash.xxHash3(bytes);
const chunk = { sizeBytes: bytes.byteLength, xxh3, whole: async () => bytes.slice() };

test("a chunk gets its name, and is stored once", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  expect(await postChunk(test.transfers, everybody, { ...chunk, leaseId })).toEqual({
    digest,
    exists: false,
  });
  expect(await postChunk(test.transfers, everybody, { ...chunk, leaseId })).toEqual({ digest, exists: true });
  expect(await test.objects()).toHaveLength(1);
  expect(test.transfers.notes.xxh3(digest)).toBe(xxh3);
  const held = await test.context.metadata.read((tx) => tx.chunks.heldBy(leaseId, [digest]));
  expect(held).toHaveLength(1);
});

test.each([
  ["changed on its way", { xxh3: xxh3 ^ 1n }, "CHECKSUM_MISMATCH"],
  ["is too short", { whole: async () => bytes.slice(1), xxh3: undefined }, "SIZE_MISMATCH"],
])("a chunk that %s leaves nothing", async (_, wrong, reason) => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const post = postChunk(test.transfers, everybody, { ...chunk, ...wrong, leaseId });
  expect(await errorOf(post)).toMatchObject({ kind: "invalid_argument", reason });
  expect(await test.objects()).toEqual([]);
  expect(test.transfers.bodies.take(MAX_WHOLE_BODY_BYTES)).toBe(true);
});

test("nobody learns what others have", async () => {
  await using test = await openTransfers();
  await test.store("secret.bin", bytes, { namespace: "theirs" });
  const leaseId = await test.begin("mine");
  const lease = await test.context.metadata.read((tx) => tx.leases.get(leaseId));
  const stranger: Caller = { actor: "s", readable: [lease!.namespaceId], writable: [lease!.namespaceId] };
  expect(await postChunk(test.transfers, stranger, { ...chunk, leaseId })).toEqual({ digest, exists: false });
});

test("without a lease the body is not asked for", async () => {
  await using test = await openTransfers();
  const whole = () => Promise.reject(new Error("asked for"));
  const post = postChunk(test.transfers, everybody, { ...chunk, whole, leaseId: crypto.randomUUID() });
  expect(await errorOf(post)).toMatchObject({ kind: "not_found" });
});

test("those who wait for memory get it in order, or are told that there is none", async () => {
  const budget = new MemoryBudget(100);
  expect(budget.take(80)).toBe(true);
  const first = budget.takeSoon(60, 60_000);
  const second = budget.takeSoon(10, 60_000);
  // The second would fit, and must not keep the first waiting for ever.
  expect(budget.take(10)).toBe(false);
  expect(await budget.takeSoon(30, 1)).toBe(false);
  budget.giveBack(80);
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(budget.take(31)).toBe(false);
  expect(budget.take(30)).toBe(true);
});
