import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createModelBoxClient, type ModelBoxClient } from "../src/client/index.ts";
import type { DirectUpload } from "../src/gen/modelbox/v1/artifact_service_pb.ts";
import { someBytes } from "./support/blobs.ts";
import { createAuthority } from "./support/certificates.ts";
import { errorOf } from "./support/failure.ts";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "./support/s3-server.ts";
import {
  executable,
  modelbox,
  modelboxWith,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from "./support/server.ts";
import { inBucket } from "./support/storage-environment.ts";
import { sha256 } from "./support/upload.ts";

const MIB = 1024 * 1024;
const FILE_BYTES = 20 * MIB + 300_000;
const LIMIT_MS = 120_000;
const DIRECT = { MODELBOX_BLOB_TRANSFER: "direct" };

const folder = temporaryFolder();
let s3: S3Server;
let bucket: string;
let server: TestServer;
let client: ModelBoxClient;

beforeAll(async () => {
  s3 = await startS3Server();
  bucket = s3.makeBucket();
  server = await startServer(join(folder.path, "server"), { ...inBucket(s3, bucket), ...DIRECT });
  client = createModelBoxClient({ serverAddr: server.httpAddr });
  await mustRun(server, "experiments create --project team --name run");
}, S3_SERVER_LIMIT_MS);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await s3?.[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
}, LIMIT_MS);

async function mustRun(on: TestServer, line: string): Promise<void> {
  const { stderr, exitCode } = await modelbox(on, folder.path, "client", ...line.split(" "));
  expect({ line, stderr: exitCode === 0 ? "" : stderr, exitCode }).toEqual({ line, stderr: "", exitCode: 0 });
}

/** Bytes of bodies that went through the server's file routes so far. */
async function bytesThrough(on: TestServer): Promise<{ readonly received: number; readonly sent: number }> {
  const text = await (await fetch(`${on.httpAddr}/metrics`)).text();
  const ofFiles = (name: string) =>
    text
      .split("\n")
      .filter((line) => line.startsWith(`${name}{`))
      .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
  return {
    received: ofFiles("modelbox_received_bytes_total"),
    sent: ofFiles("modelbox_sent_bytes_total"),
  };
}

/** Files of the bucket whose path has this in it. */
function objectsOf(part: string, of = bucket): string[] {
  return readdirSync(s3.folderOf(of), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes(part))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** Asks where to put a chunk, under a lease that lives for as long as is given. */
async function askAddress(bytes: Uint8Array, leaseId: string): Promise<DirectUpload> {
  const chunk = { sha256: sha256(bytes), sizeBytes: BigInt(bytes.byteLength) };
  const { uploads } = await client.artifacts.findMissingChunks({ leaseId, chunks: [chunk], direct: true });
  return uploads[0]!;
}

async function beginUpload(seconds = 600): Promise<string> {
  const { lease } = await client.artifacts.beginUpload({
    namespace: "team",
    holder: "test",
    ttl: { seconds: BigInt(seconds) },
  });
  return lease!.id;
}

function put(
  upload: DirectUpload,
  body: Uint8Array<ArrayBuffer>,
  headers = upload.headers,
): Promise<Response> {
  return fetch(upload.url, { method: "PUT", headers, body });
}

describe("with blob_transfer = direct", () => {
  test(
    "bytes go between client and store, and none of them through the server",
    async () => {
      const bytes = someBytes(FILE_BYTES, 1);
      writeFileSync(join(folder.path, "model.bin"), bytes);
      await mustRun(server, "checkpoints create --experiment team/run --step 1 model.bin");
      await mustRun(server, "checkpoints download team/run/step-1 --output copy");
      expect(readFileSync(join(folder.path, "copy/model.bin")).equals(bytes)).toBe(true);
      const { received, sent } = await bytesThrough(server);
      expect(received).toBeLessThan(MIB);
      expect(sent).toBeLessThan(MIB);
      const stored = objectsOf("/chunks/");
      expect(stored).toHaveLength(6);
      for (const path of stored) expect(path).toContain(`/${sha256(readFileSync(path))}.`);
      expect(objectsOf("/.staging/")).toEqual([]);
      // The same files again cost nothing, and small ones go through the server.
      writeFileSync(join(folder.path, "small.bin"), bytes.subarray(0, 1000));
      await mustRun(server, "checkpoints create --experiment team/run --step 2 model.bin small.bin");
      await mustRun(server, "checkpoints download team/run/step-2 --output second");
      expect(statSync(join(folder.path, "second/small.bin")).size).toBe(1000);
      expect(server.log()).not.toContain("X-Amz-Signature");
      await until("digest to be verified", async () => {
        const { files } = await client.artifacts.listFiles({ object: "checkpoint:team/run/step-1" });
        return files[0]?.sha256 === sha256(bytes) ? true : undefined;
      });
    },
    LIMIT_MS,
  );

  test("the store refuses other bytes, and nothing of them can be committed", async () => {
    const bytes = someBytes(MIB, 2);
    const other = someBytes(MIB, 3);
    const leaseId = await beginUpload();
    const upload = await askAddress(bytes, leaseId);
    const forOther = { "x-amz-checksum-sha256": Buffer.from(sha256(other), "hex").toString("base64") };
    for (const headers of [upload.headers, forOther, {}])
      expect((await put(upload, other, headers)).ok).toBe(false);
    expect((await put(upload, bytes.subarray(1))).ok).toBe(false);
    const chunk = { sha256: sha256(bytes), sizeBytes: BigInt(MIB) };
    expect(await client.artifacts.acceptChunks({ leaseId, chunks: [chunk] })).toMatchObject({
      missing: [chunk.sha256],
    });
    const files = [{ path: "a", sizeBytes: chunk.sizeBytes, sha256: "", chunks: [chunk] }];
    const commit = client.artifacts.commitArtifact({
      object: "experiment:team/run",
      name: "wrong",
      files: { leaseId, files },
    });
    expect(await errorOf(commit)).toMatchObject({ reason: "CHUNKS_MISSING" });
  });

  test("an address that is used after the commit changes nothing that is stored", async () => {
    const bytes = someBytes(MIB, 4);
    const leaseId = await beginUpload();
    const upload = await askAddress(bytes, leaseId);
    expect((await put(upload, bytes)).ok).toBe(true);
    const chunk = { sha256: sha256(bytes), sizeBytes: BigInt(MIB) };
    for (let times = 0; times < 2; times += 1)
      expect((await client.artifacts.acceptChunks({ leaseId, chunks: [chunk] })).missing).toEqual([]);
    const files = [{ path: "a", sizeBytes: chunk.sizeBytes, sha256: "", chunks: [chunk] }];
    await client.artifacts.commitArtifact({
      object: "experiment:team/run",
      name: "right",
      files: { leaseId, files },
    });
    const [object] = objectsOf("/chunks/").filter((path) => path.includes(chunk.sha256));
    const before = statSync(object!);
    expect((await put(upload, someBytes(MIB, 5))).ok).toBe(false);
    expect((await put(upload, bytes)).ok).toBe(true);
    expect(statSync(object!)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs });
    const got = await fetch(
      `${server.httpAddr}/v1/files?${new URLSearchParams({ object: "experiment:team/run", artifact: "right", path: "a" }).toString()}`,
    );
    expect(sha256(await got.bytes())).toBe(chunk.sha256);
    // Nor can it be taken in once more.
    const again = client.artifacts.acceptChunks({ leaseId, chunks: [chunk] });
    expect(await errorOf(again)).toMatchObject({ reason: "LEASE_ENDED" });
  });

  test(
    "an address that has expired is replaced by asking again, for as long as the lease lives",
    async () => {
      const bytes = someBytes(300_000, 6);
      // The shortest life of a lease, which that of its addresses does not exceed.
      const leaseId = await beginUpload(10);
      const upload = await askAddress(bytes, leaseId);
      expect(Number(upload.expiresAt!.seconds) * 1000).toBeLessThan(Date.now() + 11_000);
      await until("address to expire", async () => {
        await client.leases.renewLease({ leaseId });
        return (await put(upload, bytes)).status === 403 ? true : undefined;
      });
      const renewed = await askAddress(bytes, leaseId);
      expect((await put(renewed, bytes)).ok).toBe(true);
      const chunk = { sha256: sha256(bytes), sizeBytes: BigInt(bytes.byteLength) };
      expect((await client.artifacts.acceptChunks({ leaseId, chunks: [chunk] })).missing).toEqual([]);
    },
    LIMIT_MS,
  );

  test("knowing a digest is no way to what others have stored", async () => {
    const [stored] = objectsOf("/chunks/");
    const digest = sha256(readFileSync(stored!));
    const { lease } = await client.artifacts.beginUpload({ namespace: "other", holder: "test" });
    const chunk = { sha256: digest, sizeBytes: BigInt(statSync(stored!).size) };
    const { missing } = await client.artifacts.acceptChunks({ leaseId: lease!.id, chunks: [chunk] });
    expect(missing).toEqual([digest]);
  });
});

test(
  "a client that can't reach the store goes through the server",
  async () => {
    // Trusted by the server alone.
    const authority = createAuthority(folder.path);
    await using closed = await startS3Server({ tls: authority.issue("store") });
    const env = { ...inBucket(closed, closed.makeBucket()), ...DIRECT };
    await using apart = await startServer(join(folder.path, "apart"), {
      ...env,
      MODELBOX_BLOB_STORAGE_S3_CA_FILE: authority.cert,
    });
    const bytes = someBytes(FILE_BYTES, 7);
    writeFileSync(join(folder.path, "apart.bin"), bytes);
    await mustRun(apart, "experiments create --project team --name run");
    await mustRun(apart, "checkpoints create --experiment team/run --step 1 apart.bin");
    await mustRun(apart, "checkpoints download team/run/step-1 --output through");
    expect(readFileSync(join(folder.path, "through/apart.bin")).equals(bytes)).toBe(true);
    const { received } = await bytesThrough(apart);
    expect(received).toBeGreaterThan(FILE_BYTES - 1);
    // One that trusts the store's authority too does not.
    writeFileSync(join(folder.path, "trusting.bin"), someBytes(FILE_BYTES, 8));
    const trusting = await modelboxWith(
      { MODELBOX_SERVER_ADDR: apart.httpAddr, MODELBOX_CA_FILE: authority.cert },
      folder.path,
      ..."client checkpoints create --experiment team/run --step 2 trusting.bin".split(" "),
    );
    expect(trusting).toMatchObject({ exitCode: 0 });
    expect((await bytesThrough(apart)).received - received).toBeLessThan(MIB);
  },
  S3_SERVER_LIMIT_MS,
);

test("without a bucket the server does not start, and names the key", () => {
  const { exitCode, stderr } = Bun.spawnSync([executable, "server", "start"], {
    cwd: folder.path,
    env: { HOME: folder.path, ...DIRECT },
    stdin: "ignore",
  });
  expect(exitCode).not.toBe(0);
  expect(stderr.toString()).toContain('blob_transfer = "direct" needs blob_storage = "s3"');
});
