import { expect, test } from "bun:test";
import { truncate } from "node:fs/promises";
import { errorOf } from "../../../test/support/failure.ts";
import { openTransfers, someBytes, type TestTransfers } from "../../../test/support/blobs.ts";
import { everybody } from "../../../test/support/rpc.ts";
import { sha256 } from "../../../test/support/upload.ts";
import type { BlobStore } from "../../domain/blob-store.ts";
import { readPackIndex, writePack } from "../../domain/pack-format.ts";
import { commitArtifact } from "../artifacts/commit.ts";
import type { Caller } from "../context.ts";
import { createModel } from "../models/create.ts";
import { findMissingChunks } from "./find-missing-chunks.ts";
import { MAX_WHOLE_BODY_BYTES } from "./flow-limits.ts";
import { postPack, type PostedPack } from "./post-pack.ts";

/** Small chunks: number and size differ. */
const chunks = Array.from({ length: 40 }, (_, index) => {
  const bytes = someBytes(1_000 + 977 * index, index + 1);
  return { digest: sha256(bytes), sizeBytes: bytes.byteLength, bytes };
});
const digests = chunks.map(({ digest }) => digest);
const named = chunks.map(({ digest, sizeBytes }) => ({ digest, sizeBytes }));

function post(
  test: TestTransfers,
  leaseId: string,
  packed: readonly { readonly digest: string; readonly bytes: Uint8Array }[],
  { caller = everybody, sizeBytes }: { caller?: Caller; sizeBytes?: number } = {},
): Promise<PostedPack> {
  const pack = writePack(new Uint8Array(8 * 1024 * 1024), packed).slice();
  const input = { leaseId, sizeBytes: sizeBytes ?? pack.byteLength, whole: async () => pack };
  return postPack(test.transfers, caller, input);
}

const rowsOf = ({ context }: TestTransfers, some = digests) =>
  context.metadata.read((tx) => tx.chunks.getMany(some));
const heldBy = ({ context }: TestTransfers, leaseId: string) =>
  context.metadata.read((tx) => tx.chunks.heldBy(leaseId, digests));

/** Commits each chunk as a file, and reads them all back. */
async function commitAndRead(test: TestTransfers, leaseId: string): Promise<void> {
  const model = { namespace: "n", name: "m", owner: "o", task: "t", description: "", labels: {} };
  await createModel(test.context, everybody, { ...model, experiment: undefined, requestId: "" });
  const files = named.map((chunk, index) => ({
    path: `f${String(index).padStart(2, "0")}`,
    sizeBytes: chunk.sizeBytes,
    sha256: chunk.digest,
    chunks: [chunk],
  }));
  const object = { kind: "model", reference: { type: "path", namespace: "n", name: "m" } } as const;
  const input = { object, name: "a", files: { leaseId, files }, requestId: "" };
  const { artifact } = await commitArtifact(test.context, everybody, input);
  const stored = await test.context.metadata.read((tx) =>
    tx.artifacts.files(artifact.id, "", undefined, 100),
  );
  expect(stored.map((file) => file.sha256)).toEqual(digests);
  for (const [index, file] of stored.entries()) expect(sha256(await test.read(file))).toBe(digests[index]!);
  const [first] = stored;
  expect(await test.read(first!, 10, 100)).toEqual(chunks[0]!.bytes.slice(10, 110));
}

test("chunks become one object, are flushed as one, and are read back", async () => {
  const flushed: string[] = [];
  const counting = (store: BlobStore) =>
    new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== "function") return value;
        if (name !== "flush") return value.bind(target);
        return (keys: readonly string[]) => (flushed.push(...keys), target.flush(keys));
      },
    });
  await using test = await openTransfers(counting);
  const leaseId = await test.begin();
  await post(test, leaseId, chunks);
  const [object, ...others] = await test.objects();
  expect(others).toEqual([]);
  expect(await findMissingChunks(test.context, everybody, { leaseId, chunks: named })).toEqual([]);
  expect(await test.context.metadata.read((tx) => tx.chunks.totals())).toEqual({
    count: chunks.length,
    storedBytes: named.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
  });
  const [row] = await rowsOf(test);
  const pack = await test.context.metadata.read((tx) => tx.packs.get(row!.packId));
  expect(object).toEndWith(pack!.objectKey);
  expect(pack!.sizeBytes).toBe(Bun.file(object!).size);
  await commitAndRead(test, leaseId);
  expect(flushed).toEqual([pack!.objectKey]);
  expect((await rowsOf(test)).every(({ durable }) => durable)).toBe(true);
});

test("what is stored, or there twice, does not go into the object again", async () => {
  await using test = await openTransfers();
  await post(test, await test.begin(), chunks.slice(3, 9));
  await test.send(await test.begin(), chunks[20]!.bytes);
  const leaseId = await test.begin();
  expect(await post(test, leaseId, [...chunks, ...chunks.slice(30)])).toEqual({ existing: 7 });
  expect(await heldBy(test, leaseId)).toHaveLength(chunks.length);
  const rows = await rowsOf(test);
  const packs = new Set(rows.map(({ packId }) => packId));
  expect(packs.size).toBe(3);
  const last = rows.find(({ digest }) => digest === digests.at(-1))!;
  const bytes = await Bun.file(`${test.folder}/${last.objectKey}`).bytes();
  const entries = readPackIndex(bytes, bytes.byteLength);
  expect(entries.map(({ digest }) => digest)).toEqual(
    digests.filter((_, index) => (index < 3 || index > 8) && index !== 20),
  );
  await commitAndRead(test, leaseId);
  await post(test, await test.begin(), chunks);
  expect(await test.objects()).toHaveLength(3);
});

test.each([
  ["a chunk with another digest", chunks.toSpliced(7, 1, { ...chunks[7]!, digest: digests[8]! }), undefined],
  ["fewer bytes than were announced", chunks, 2_000_000],
])("a pack with %s leaves nothing", async (_, packed, sizeBytes) => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const refused = post(test, leaseId, packed, sizeBytes === undefined ? {} : { sizeBytes });
  expect(await errorOf(refused)).toMatchObject({ kind: "invalid_argument" });
  expect(await test.objects()).toEqual([]);
  expect(await rowsOf(test)).toEqual([]);
  expect(test.transfers.load.isBusy).toBe(false);
  expect(test.transfers.bodies.take(MAX_WHOLE_BODY_BYTES)).toBe(true);
});

test("packs with the same chunks that come at once leave one row for each, and no object without use", async () => {
  await using test = await openTransfers();
  const leases = await Promise.all(
    Array.from({ length: 8 }, (_, index) => test.begin(index === 0 ? "n" : `n${index}`)),
  );
  await Promise.all(
    leases.map((leaseId, index) =>
      post(test, leaseId, index % 2 === 0 ? chunks : chunks.slice(index).toReversed()),
    ),
  );
  const rows = await rowsOf(test);
  expect(rows).toHaveLength(chunks.length);
  const used = new Set(rows.map(({ objectKey }) => objectKey));
  expect(await test.objects()).toHaveLength(used.size);
  for (const { packId, objectKey } of rows)
    expect(await test.context.metadata.read((tx) => tx.packs.get(packId))).toMatchObject({ objectKey });
  expect(await heldBy(test, leases[0]!)).toHaveLength(chunks.length);
  await commitAndRead(test, leases[0]!);
});

test("a pack lets its sender use what others have, and tells nothing of it", async () => {
  await using test = await openTransfers();
  await post(test, await test.begin("theirs"), chunks);
  const leaseId = await test.begin("mine");
  const lease = await test.context.metadata.read((tx) => tx.leases.get(leaseId));
  const stranger: Caller = { actor: "s", readable: [lease!.namespaceId], writable: [lease!.namespaceId] };
  const missing = await findMissingChunks(test.context, stranger, { leaseId, chunks: named });
  expect(missing).toEqual(digests);
  expect(await post(test, leaseId, chunks, { caller: stranger })).toEqual({ existing: 0 });
  expect(await post(test, leaseId, chunks, { caller: stranger })).toEqual({ existing: 40 });
  expect(await findMissingChunks(test.context, stranger, { leaseId, chunks: named })).toEqual([]);
  const wrong = chunks.toSpliced(0, 1, { ...chunks[0]!, bytes: someBytes(1_000, 99) });
  expect(await errorOf(post(test, leaseId, wrong))).toMatchObject({ reason: "DIGEST_MISMATCH" });
});

test("a damaged chunk of a pack is never served, and can be stored anew", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  await post(test, leaseId, chunks);
  const file = await test.store("f", chunks[39]!.bytes);
  const [object] = await test.objects();
  await truncate(object!, Bun.file(object!).size - 1);
  expect(await errorOf(test.read(file))).toMatchObject({ kind: "data_loss" });
  expect(test.corrupt).toMatchObject([{ problem: "truncated", chunk: { digest: digests[39] } }]);
  await post(test, await test.begin(), chunks);
  expect(sha256(await test.read(file))).toBe(digests[39]!);
  expect(await test.objects()).toHaveLength(2);
});

test("without a lease the body is not asked for", async () => {
  await using test = await openTransfers();
  const whole = () => Promise.reject(new Error("asked for"));
  const refused = postPack(test.transfers, everybody, {
    leaseId: crypto.randomUUID(),
    sizeBytes: 100,
    whole,
  });
  expect(await errorOf(refused)).toMatchObject({ kind: "not_found" });
});

test("a pack whose lease ends before it is recorded leaves nothing", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const pack = writePack(new Uint8Array(1_000_000), chunks).slice();
  const whole = async () => {
    test.advanceMs(60_001);
    return pack;
  };
  const input = { leaseId, sizeBytes: pack.byteLength, whole };
  expect(await errorOf(postPack(test.transfers, everybody, input))).toMatchObject({ reason: "LEASE_ENDED" });
  expect(await test.objects()).toEqual([]);
});
