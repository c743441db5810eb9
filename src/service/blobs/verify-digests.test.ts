import { expect, test } from "bun:test";
import { truncate } from "node:fs/promises";
import { everybody } from "../../../test/support/rpc.ts";
import { openTransfers, someBytes, type TestTransfers } from "../../../test/support/blobs.ts";
import { sha256 } from "../../../test/support/upload.ts";
import type { StoredFile } from "../../domain/entities.ts";
import { commitArtifact } from "../artifacts/commit.ts";
import { digestVerifier } from "./verify-digests.ts";

/** More than is read before the commit. */
const bytes = someBytes(5_000_000);
const never = new AbortController().signal;

async function stored(test: TestTransfers, id: string): Promise<StoredFile> {
  return (await test.context.metadata.read((tx) => tx.artifacts.file(id)))!;
}

test("tells digests of large files from their bytes", async () => {
  await using test = await openTransfers();
  const file = await test.store("model.bin", bytes);
  expect(file).toMatchObject({ digestState: "pending", sha256: "" });
  const run = digestVerifier(test.transfers);
  expect(await run(never)).toEqual({ verified: 1, mismatched: 0, failed: 0 });
  expect(await stored(test, file.id)).toMatchObject({ digestState: "verified", sha256: sha256(bytes) });
  expect(await run(never)).toEqual({ verified: 0, mismatched: 0, failed: 0 });
});

test("a claim that was wrong is a mismatch, with the digest that is right", async () => {
  await using test = await openTransfers();
  await test.store("other", someBytes(1));
  const leaseId = await test.begin();
  const chunks = [
    await test.send(leaseId, bytes.subarray(0, 4_500_000)),
    await test.send(leaseId, bytes.subarray(4_500_000)),
  ];
  const object = { kind: "model", reference: { type: "path", namespace: "n", name: "m" } } as const;
  const files = {
    leaseId,
    files: [{ path: "a", sizeBytes: bytes.byteLength, sha256: "0".repeat(64), chunks }],
  };
  const { artifact } = await commitArtifact(test.context, everybody, {
    object,
    name: "claim",
    files,
    requestId: "",
  });
  expect(await digestVerifier(test.transfers)(never)).toEqual({ verified: 0, mismatched: 1, failed: 0 });
  const [file] = await test.context.metadata.read((tx) => tx.artifacts.files(artifact.id, "", undefined, 1));
  expect(file).toMatchObject({ digestState: "mismatch", sha256: sha256(bytes) });
});

test("a damaged file holds no other up, and is no mismatch", async () => {
  await using test = await openTransfers();
  const damaged = await test.store("damaged", someBytes(5_000_000, 2));
  for (const path of await test.objects()) await truncate(path, 10);
  const good = await test.store("good", bytes);
  const run = digestVerifier(test.transfers);
  expect(await run(never)).toEqual({ verified: 1, mismatched: 0, failed: 1 });
  expect(await stored(test, damaged.id)).toMatchObject({ digestState: "pending" });
  expect(await stored(test, good.id)).toMatchObject({ digestState: "verified" });
  // It is left alone for a while.
  expect(await run(never)).toEqual({ verified: 0, mismatched: 0, failed: 0 });
});

test("ends when it is told to, and nothing is lost", async () => {
  await using test = await openTransfers();
  const file = await test.store("model.bin", bytes);
  expect(await digestVerifier(test.transfers)(AbortSignal.abort())).toEqual({
    verified: 0,
    mismatched: 0,
    failed: 0,
  });
  expect(await stored(test, file.id)).toMatchObject({ digestState: "pending" });
});
