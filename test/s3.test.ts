import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { someBytes } from "./support/blobs.ts";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "./support/s3-server.ts";
import {
  executable,
  modelbox,
  modelboxJson,
  startServer,
  temporaryFolder,
  until,
  type TestServer,
} from "./support/server.ts";
import { inBucket } from "./support/storage-environment.ts";
import { startTcpProxy } from "./support/tcp-proxy.ts";

const MIB = 1024 * 1024;
const FILE_BYTES = 20 * MIB + 12_345;

let s3: S3Server;

beforeAll(async () => {
  s3 = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => s3?.[Symbol.asyncDispose]());

async function createExperiment(server: TestServer, folder: string): Promise<void> {
  await modelboxJson(
    server,
    folder,
    ..."client experiments create --namespace team --owner a@example.com --name run".split(" "),
  );
}

/** Arguments that upload a checkpoint of a file. */
function upload(file: string, step: number): string[] {
  return [..."client checkpoints create --experiment team/run --step".split(" "), String(step), file];
}

function download(step: number, output: string): string[] {
  return ["client", "checkpoints", "download", `team/run/step-${step}`, "--output", output];
}

/** Files of the bucket that hold chunks. */
function objectsOf(bucket: string): string[] {
  return readdirSync(s3.folderOf(bucket), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes("/models/chunks/"))
    .map((entry) => join(entry.parentPath, entry.name));
}

describe("the executable with its files in a bucket", () => {
  test("gives back what it got, also after a restart, and keeps nothing of it in a folder", async () => {
    using folder = temporaryFolder();
    const bucket = s3.makeBucket();
    const file = join(folder.path, "model.bin");
    writeFileSync(file, someBytes(FILE_BYTES));
    {
      await using server = await startServer(folder.path, inBucket(s3, bucket));
      await createExperiment(server, folder.path);
      await modelboxJson(server, folder.path, ...upload(file, 1));
      expect(objectsOf(bucket)).toHaveLength(6);
      expect(server.log()).toContain(`"blobs":"${s3.endpoint}/${bucket}/models"`);
      expect(server.log()).not.toContain(s3.secretKey);
    }
    await using server = await startServer(folder.path, inBucket(s3, bucket));
    await modelboxJson(server, folder.path, ...download(1, "copy"));
    expect(readFileSync(join(folder.path, "copy/model.bin")).equals(readFileSync(file))).toBe(true);
    expect(readdirSync(join(folder.path, "modelbox-data"))).not.toContain("blobs");
  });

  test("survives broken connections and a busy store in the middle of a transfer", async () => {
    using folder = temporaryFolder();
    await using proxy = await startTcpProxy(s3);
    const file = join(folder.path, "model.bin");
    writeFileSync(file, someBytes(FILE_BYTES));
    await using server = await startServer(
      folder.path,
      inBucket(s3, s3.makeBucket(), `http://${proxy.host}:${proxy.port}`),
    );
    await createExperiment(server, folder.path);
    const busy = "HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    proxy.inject({ kind: "cut", direction: "up", afterBytes: MIB }, 4);
    await modelboxJson(server, folder.path, ...upload(file, 1));
    proxy.inject({ kind: "answer", text: busy }, 4);
    await modelboxJson(server, folder.path, ...download(1, "first"));
    proxy.inject({ kind: "cut", direction: "down", afterBytes: MIB }, 4);
    await modelboxJson(server, folder.path, ...download(1, "second"));
    for (const copy of ["first", "second"])
      expect(readFileSync(join(folder.path, copy, "model.bin")).equals(readFileSync(file))).toBe(true);
    expect(server.log()).toMatch(/"level":"warn".*"attempt":1.*"object store asked again"/);
    expect(server.log()).not.toContain("X-Amz-");
  });

  test("takes more chunks at once than it has memory for, from clients that send lost ones again", async () => {
    using folder = temporaryFolder();
    await using proxy = await startTcpProxy(s3);
    await using server = await startServer(
      folder.path,
      inBucket(s3, s3.makeBucket(), `http://${proxy.host}:${proxy.port}`),
    );
    await createExperiment(server, folder.path);
    const steps = [1, 2];
    const fileOf = (step: number) => join(folder.path, `model-${step}.bin`);
    for (const step of steps) writeFileSync(fileOf(step), someBytes(40 * MIB, step));
    proxy.inject({ kind: "cut", direction: "up", afterBytes: MIB }, 12);
    // Eight chunks of 4 MiB at once fill all buffers.
    await Promise.all(steps.map((step) => modelboxJson(server, folder.path, ...upload(fileOf(step), step))));
    for (const step of steps) {
      await modelboxJson(server, folder.path, ...download(step, "copies"));
      const copy = readFileSync(join(folder.path, `copies/model-${step}.bin`));
      expect(copy.equals(readFileSync(fileOf(step)))).toBe(true);
    }
  }, 120_000);

  test("turns unready when the store goes, and ready when it comes back", async () => {
    using folder = temporaryFolder();
    await using proxy = await startTcpProxy(s3);
    await using server = await startServer(
      folder.path,
      inBucket(s3, s3.makeBucket(), `http://${proxy.host}:${proxy.port}`),
    );
    const ready = async (wanted: boolean) =>
      (await fetch(`${server.httpAddr}/readyz`)).ok === wanted ? true : undefined;
    proxy.inject({ kind: "drop" });
    await until("server to be unready", () => ready(false));
    proxy.heal();
    await until("server to be ready again", () => ready(true));
  });

  test("kill -9 in the middle of an upload leaves nothing visible, and the next one works", async () => {
    using folder = temporaryFolder();
    const bucket = s3.makeBucket();
    const file = join(folder.path, "model.bin");
    writeFileSync(file, someBytes(FILE_BYTES));
    {
      await using proxy = await startTcpProxy(s3);
      await using server = await startServer(
        folder.path,
        inBucket(s3, bucket, `http://${proxy.host}:${proxy.port}`),
      );
      await createExperiment(server, folder.path);
      proxy.inject({ kind: "delay", ms: 20 });
      const begun = proxy.bytes.up;
      const uploading = modelbox(server, folder.path, ...upload(file, 1));
      await until("some bytes to be on their way", () =>
        proxy.bytes.up - begun > 2 * MIB ? true : undefined,
      );
      server.signal("SIGKILL");
      await server.exited;
      // The client has nobody left to talk to.
      expect((await uploading).exitCode).not.toBe(0);
    }
    await using server = await startServer(folder.path, inBucket(s3, bucket));
    const list = await modelboxJson<{ checkpoints?: unknown[] }>(
      server,
      folder.path,
      ..."client checkpoints list --experiment team/run".split(" "),
    );
    expect(list.checkpoints ?? []).toEqual([]);
    // What is in the bucket is whole, if it is there at all.
    for (const path of objectsOf(bucket)) {
      const digest = new Bun.CryptoHasher("sha256").update(readFileSync(path)).digest("hex");
      expect(path).toContain(`/${digest}.`);
    }
    await modelboxJson(server, folder.path, ...upload(file, 1));
    await modelboxJson(server, folder.path, ...download(1, "copy"));
    expect(readFileSync(join(folder.path, "copy/model.bin")).equals(readFileSync(file))).toBe(true);
  }, 120_000);

  test("never serves a truncated object", async () => {
    using folder = temporaryFolder();
    const bucket = s3.makeBucket();
    const file = join(folder.path, "model.bin");
    writeFileSync(file, someBytes(MIB));
    await using server = await startServer(folder.path, inBucket(s3, bucket));
    await createExperiment(server, folder.path);
    await modelboxJson(server, folder.path, ...upload(file, 1));
    for (const path of objectsOf(bucket)) truncateSync(path, MIB - 1);
    const answer = await fetch(
      `${server.httpAddr}/v1/files?object=checkpoint:team/run/step-1&path=model.bin`,
    );
    expect(answer.ok).toBe(false);
    expect(await answer.text()).toContain("CHUNK_CORRUPT");
  });
});

test("a start with a wrong setting names the key and says what to do", () => {
  using folder = temporaryFolder();
  const { exitCode, stderr } = Bun.spawnSync([executable, "server", "start"], {
    cwd: folder.path,
    env: { HOME: folder.path, ...inBucket(s3, "not-there") },
    stdin: "ignore",
  });
  expect(exitCode).not.toBe(0);
  expect(stderr.toString()).toMatch(/blob_storage_s3\.bucket: .* no bucket "not-there"; create it/);
});
