import { expect, test } from "bun:test";
import { errorOf } from "../../../test/support/failure.ts";
import { everybody } from "../../../test/support/rpc.ts";
import { openTransfers, someBytes, type TestTransfers } from "../../../test/support/blobs.ts";
import { sha256 } from "../../../test/support/upload.ts";
import type { BlobStore } from "../../domain/blob-store.ts";
import { DomainError } from "../../domain/errors.ts";
import { commitArtifact } from "../artifacts/commit.ts";
import { fingerprintFiles, prepareFiles, type FileInput } from "./commit.ts";
import { findMissingChunks } from "./find-missing-chunks.ts";

const EMPTY_SHA256 = sha256("");

function fileOf(path: string, chunks: FileInput["chunks"], digest = ""): FileInput {
  return { path, chunks, sha256: digest, sizeBytes: chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0) };
}

async function namespaceOf(test: TestTransfers, leaseId: string): Promise<string> {
  return (await test.context.metadata.read((tx) => tx.leases.get(leaseId)))!.namespaceId;
}

async function prepare(test: TestTransfers, leaseId: string, files: readonly FileInput[]) {
  return prepareFiles(test.context, everybody, await namespaceOf(test, leaseId), { leaseId, files });
}

test("digests of empty, small and single-chunk files are known at once, of others later", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const [a, b] = [someBytes(1_000, 1), someBytes(2_000, 2)];
  const chunkA = await test.send(leaseId, a);
  const chunkB = await test.send(leaseId, b);
  const big = await test.send(leaseId, someBytes(4_194_304, 3));
  const prepared = await prepare(test, leaseId, [
    fileOf("empty", [], EMPTY_SHA256),
    fileOf("single", [chunkA], chunkA.digest),
    fileOf("both", [chunkA, chunkB, chunkA]),
    fileOf("large", [big, chunkA], "0".repeat(64)),
  ]);
  expect(
    prepared.files.map(({ digestState, sha256: digest, claimedSha256 }) => ({
      digestState,
      digest,
      claimedSha256,
    })),
  ).toEqual([
    { digestState: "verified", digest: EMPTY_SHA256, claimedSha256: EMPTY_SHA256 },
    { digestState: "verified", digest: chunkA.digest, claimedSha256: chunkA.digest },
    { digestState: "verified", digest: sha256(Buffer.concat([a, b, a])), claimedSha256: "" },
    { digestState: "pending", digest: "", claimedSha256: "0".repeat(64) },
  ]);
  expect(prepared.files[2]!.chunks.map((chunk) => chunk.offsetBytes)).toEqual([0, 1_000, 3_000]);
});

test("a wrong digest of a small file is refused", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const chunk = await test.send(leaseId, someBytes(1_000));
  const wrong = "0".repeat(64);
  for (const file of [
    fileOf("empty", [], wrong),
    fileOf("single", [chunk], wrong),
    fileOf("two", [chunk, chunk], wrong),
  ]) {
    expect(await errorOf(prepare(test, leaseId, [file]))).toMatchObject({
      kind: "invalid_argument",
      violations: [{ field: "files.files[0].sha256" }],
    });
  }
});

test("files that can't be one folder are refused, all mistakes at once", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin();
  const chunk = await test.send(leaseId, someBytes(1_000));
  const files = [
    fileOf("a", [chunk]),
    fileOf("a", [chunk]),
    fileOf("a/b", [chunk]),
    { ...fileOf("c", [chunk]), sizeBytes: 999 },
    fileOf("ab", [chunk]),
  ];
  expect(await errorOf(prepare(test, leaseId, files))).toMatchObject({
    violations: [
      { field: "files.files[1].path" },
      { field: "files.files[2].path" },
      { field: "files.files[3].size_bytes" },
    ],
  });
});

test("chunks that the lease does not hold are named, and how many there are", async () => {
  await using test = await openTransfers();
  const other = await test.begin();
  const elsewhere = await test.send(other, someBytes(1_000, 9));
  const leaseId = await test.begin();
  const held = await test.send(leaseId, someBytes(1_000, 1));
  const absent = Array.from({ length: 7 }, (_, index) => ({ digest: sha256(`${index}`), sizeBytes: 1 }));
  const error = await errorOf(prepare(test, leaseId, [fileOf("a", [held, elsewhere, ...absent])]));
  expect(error).toMatchObject({
    kind: "failed_precondition",
    reason: "CHUNKS_MISSING",
    metadata: { count: "8" },
  });
  expect((error as Error).message).toContain(elsewhere.digest);
  const resized = fileOf("a", [{ ...held, sizeBytes: 999 }]);
  expect(await errorOf(prepare(test, leaseId, [resized]))).toMatchObject({ reason: "CHUNKS_MISSING" });
});

test("the lease must be alive, an upload's, and of the namespace", async () => {
  await using test = await openTransfers();
  const leaseId = await test.begin("n");
  const chunk = await test.send(leaseId, someBytes(1_000));
  const files = [fileOf("a", [chunk])];
  const elsewhere = await namespaceOf(test, await test.begin("other"));
  expect(await errorOf(prepareFiles(test.context, everybody, elsewhere, { leaseId, files }))).toMatchObject({
    reason: "LEASE_ELSEWHERE",
  });
  expect(
    await errorOf(prepareFiles(test.context, everybody, elsewhere, { leaseId: "", files })),
  ).toMatchObject({
    violations: [{ field: "files.lease_id" }],
  });
  const namespaceId = await namespaceOf(test, leaseId);
  test.advanceMs(60_001);
  expect(await errorOf(prepareFiles(test.context, everybody, namespaceId, { leaseId, files }))).toMatchObject(
    {
      reason: "LEASE_ENDED",
    },
  );
});

test("a commit ends the lease and lets go of its chunks", async () => {
  await using test = await openTransfers();
  const bytes = someBytes(3_000);
  const file = await test.store("a/b.bin", bytes, { chunkBytes: 1_000 });
  expect(file).toMatchObject({
    path: "a/b.bin",
    sizeBytes: 3_000,
    digestState: "verified",
    sha256: sha256(bytes),
  });
  const artifact = await test.context.metadata.read((tx) => tx.artifacts.get(file.artifactId));
  expect(artifact).toMatchObject({ fileCount: 1, sizeBytes: 3_000 });
  const chunks = await test.context.metadata.read((tx) => tx.artifacts.fileChunks(file.id, 0, 10));
  const rows = await test.context.metadata.read((tx) =>
    tx.chunks.getMany(chunks.map((chunk) => chunk.digest)),
  );
  expect(rows.map((row) => row.durable)).toEqual([true, true, true]);
});

test("an empty set is an empty artifact", async () => {
  await using test = await openTransfers();
  await test.store("x", someBytes(1));
  const object = { kind: "model", reference: { type: "path", namespace: "n", name: "m" } } as const;
  const files = { leaseId: "", files: [] };
  const { artifact } = await commitArtifact(test.context, everybody, {
    object,
    name: "none",
    files,
    requestId: "",
  });
  expect(artifact).toMatchObject({ fileCount: 0, sizeBytes: 0, fingerprint: fingerprintFiles([]) });
});

test("fingerprints tell sets apart, and not orders", () => {
  const chunk = { digest: sha256("x"), sizeBytes: 1 };
  const [a, b] = [fileOf("a", [chunk]), fileOf("b", [chunk, chunk])];
  const same = fingerprintFiles([a, b]);
  expect(fingerprintFiles([b, { ...a, sha256: sha256("x") }])).toBe(same);
  for (const other of [[a], [a, fileOf("c", b.chunks)], [fileOf("a", b.chunks), fileOf("b", a.chunks)], []]) {
    expect(fingerprintFiles(other)).not.toBe(same);
  }
});

test("what can't be put on stable storage is not committed, and is asked for again", async () => {
  let isFull = true;
  const failing = (store: BlobStore): BlobStore =>
    new Proxy(store, {
      get(target, name) {
        if (name === "flush" && isFull) {
          return () => Promise.reject(new DomainError("resource_exhausted", "STORAGE_FULL", "full"));
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  await using test = await openTransfers(failing);
  const leaseId = await test.begin();
  const bytes = someBytes(1_000);
  const chunk = await test.send(leaseId, bytes);
  const files = [fileOf("a", [chunk])];
  expect(await errorOf(prepare(test, leaseId, files))).toMatchObject({ reason: "STORAGE_FULL" });
  isFull = false;
  expect(await errorOf(prepare(test, leaseId, files))).toMatchObject({ reason: "CHUNKS_MISSING" });
  expect(await findMissingChunks(test.context, everybody, { leaseId, chunks: [chunk] })).toEqual([
    chunk.digest,
  ]);
  await test.send(leaseId, bytes);
  expect((await prepare(test, leaseId, files)).files).toHaveLength(1);
});
