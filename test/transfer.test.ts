import { expect, test } from "bun:test";
import { closeSync, ftruncateSync, mkdirSync, openSync, statSync, writeSync } from "node:fs";
import { readFile, readdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  createModelBoxClient,
  download,
  upload,
  type ModelBoxClient,
  type UploadedFiles,
  type UploadResult,
} from "../src/client/index.ts";
import { DigestState } from "../src/gen/modelbox/v1/artifact_service_pb.ts";
import { executable, startServer, temporaryFolder, until, type TestServer } from "./support/server.ts";

const MEBIBYTE = 1024 * 1024;
const CHUNK_BYTES = 4 * MEBIBYTE;
const testLimitMs = 240_000;

/** A server with a model, and the client's way to it. */
async function world(folder: string) {
  const server = await startServer(folder);
  const client = createModelBoxClient({ serverAddr: server.httpAddr });
  await client.models.createModel({ namespace: "team", name: "model", owner: "o", task: "t" });
  return { server, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function store(
  client: ModelBoxClient,
  version: string,
  ...sources: string[]
): Promise<UploadResult<unknown>> {
  const commit = (files: UploadedFiles) =>
    client.versions.createModelVersion({ model: "team/model", version, files });
  return await upload(client, { namespace: "team", sources }, commit);
}

function randomBytes(sizeBytes: number): Buffer<ArrayBuffer> {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

test(
  "an upload outlives a server that is killed and started again",
  async () => {
    using folder = temporaryFolder();
    await using first = await world(folder.path);
    const file = join(folder.path, "state.bin");
    const bytes = randomBytes(256 * MEBIBYTE);
    await writeFile(file, bytes);
    const stored = store(first.client, "1", file);
    await untilChunks(folder.path, 4);
    first.server.signal("SIGKILL");
    await first.server.exited;
    await using second = await startServer(folder.path, sameAddresses(first.server));
    const { counters } = await stored;
    expect(counters.bytes).toBe(bytes.length);
    const target = join(folder.path, "back");
    await download(createModelBoxClient({ serverAddr: second.httpAddr }), {
      object: "version:team/model@1",
      destination: target,
    });
    expect(bytes.equals(await readFile(join(target, "state.bin")))).toBe(true);
  },
  testLimitMs,
);

test(
  "a download that is killed goes on where it was, and a partial file with wrong bytes is repaired",
  async () => {
    using folder = temporaryFolder();
    await using running = await world(folder.path);
    const { client, server } = running;
    const file = join(folder.path, "state.bin");
    const bytes = randomBytes(384 * MEBIBYTE);
    await writeFile(file, bytes);
    await store(client, "1", file);
    const target = join(folder.path, "back");
    const partial = join(target, "state.bin.modelbox-partial");
    const child = Bun.spawn(
      [executable, "client", "versions", "download", "team/model@1", "--output", target],
      {
        env: { HOME: folder.path, MODELBOX_SERVER_ADDR: server.httpAddr },
        stdin: "ignore",
        stdout: "ignore",
        stderr: "ignore",
      },
    );
    await until("some chunks to arrive", () => (storedBytes(partial) >= 8 * CHUNK_BYTES ? true : undefined));
    child.kill("SIGKILL");
    await child.exited;
    expect(await readdir(target)).toEqual(["state.bin.modelbox-partial"]);

    const handle = openSync(partial, "r+");
    writeSync(handle, Buffer.from([bytes[0]! ^ 1]), 0, 1, 0);
    closeSync(handle);
    const again = await download(client, { object: "version:team/model@1", destination: target });
    expect(again.reusedBytes).toBeGreaterThanOrEqual(CHUNK_BYTES);
    expect(again.receivedBytes).toBeGreaterThanOrEqual(CHUNK_BYTES);
    expect(again.reusedBytes + again.receivedBytes).toBe(bytes.length);
    expect(await readdir(target)).toEqual(["state.bin"]);
    expect(bytes.equals(await readFile(join(target, "state.bin")))).toBe(true);
  },
  testLimitMs,
);

test("links inside a folder are stored as what they lead to, and a link that leads out stores nothing", async () => {
  using folder = temporaryFolder();
  await using running = await world(folder.path);
  const source = join(folder.path, "source");
  mkdirSync(join(source, "real"), { recursive: true });
  mkdirSync(join(source, "nothing"));
  await writeFile(join(source, "real/weights"), "weights");
  await symlink("real/weights", join(source, "latest"));
  await symlink("real", join(source, "folder"));
  const { notices } = await store(running.client, "1", source);
  expect(notices).toEqual([`1 empty folder is not stored: ${source}/nothing`]);
  const target = join(folder.path, "back");
  const { files } = await download(running.client, { object: "version:team/model@1", destination: target });
  expect(files).toBe(3);
  for (const path of ["real/weights", "latest", "folder/weights"]) {
    expect(await readFile(join(target, path), "utf8")).toBe("weights");
  }
  await symlink("/etc/hostname", join(source, "out"));
  const failure: unknown = await store(running.client, "2", source).catch((error: unknown) => error);
  expect(failure).toMatchObject({ name: "LocalFileError", message: expect.stringContaining("leads out of") });
  const { versions } = await running.client.versions.listModelVersions({ model: "team/model" });
  expect(versions.map(({ version }) => version)).toEqual(["1"]);
});

test(
  "5,000 small files go in, come out, and cost nothing the second time",
  async () => {
    using folder = temporaryFolder();
    await using running = await world(folder.path);
    const source = join(folder.path, "source");
    const count = 5_000;
    for (let index = 0; index < count; index += 1) {
      const inner = join(source, `part-${index % 50}`);
      if (index < 50) mkdirSync(inner, { recursive: true });
      await writeFile(join(inner, `file-${index}`), `content ${index}`);
    }
    const first = await store(running.client, "1", source);
    expect(first.counters).toMatchObject({ files: count, sentChunks: count });
    const second = await store(running.client, "2", source);
    expect(second.counters).toMatchObject({ files: count, sentChunks: 0, sentBytes: 0 });
    const target = join(folder.path, "back");
    const result = await download(running.client, { object: "version:team/model@2", destination: target });
    expect(result).toMatchObject({ files: count, receivedBytes: first.counters.bytes, reusedBytes: 0 });
    for (let index = 0; index < count; index += 1) {
      expect(await readFile(join(target, `part-${index % 50}/file-${index}`), "utf8")).toBe(
        `content ${index}`,
      );
    }
    const again = await download(running.client, { object: "version:team/model@2", destination: target });
    expect(again).toMatchObject({ receivedBytes: 0, reusedBytes: first.counters.bytes });
  },
  testLimitMs,
);

test(
  "offsets beyond 2 GiB are right on the way up and down",
  async () => {
    using folder = temporaryFolder();
    await using running = await world(folder.path);
    const sizeBytes = 2 ** 31 + 6 * MEBIBYTE;
    const marks = [0, 2 ** 30 + 1, 2 ** 31 - 1, 2 ** 31 + 5 * MEBIBYTE];
    const file = join(folder.path, "sparse.bin");
    writeSparse(file, sizeBytes, marks);
    const { counters } = await store(running.client, "1", file);
    // The zeros between the marks are one chunk of the largest size.
    expect(counters).toMatchObject({ bytes: sizeBytes, chunks: 257 });
    expect(counters.sentChunks).toBeLessThanOrEqual(marks.length + 3);
    // All of it but the last mark is there already, so that this writes little.
    const target = join(folder.path, "back");
    mkdirSync(target);
    writeSparse(join(target, "sparse.bin.modelbox-partial"), sizeBytes, marks.slice(0, -1));
    const result = await download(running.client, { object: "version:team/model@1", destination: target });
    expect(result.receivedBytes).toBe(6 * MEBIBYTE);
    const back = Bun.file(join(target, "sparse.bin"));
    expect(back.size).toBe(sizeBytes);
    for (const mark of marks) {
      expect(await back.slice(mark, mark + 6).text()).toBe("marked");
    }
  },
  testLimitMs,
);

/** How much of a file is not a hole: chunks arrive in any order. */
function storedBytes(path: string): number {
  return (statSync(path, { throwIfNoEntry: false })?.blocks ?? 0) * 512;
}

function writeSparse(path: string, sizeBytes: number, marks: readonly number[]): void {
  const handle = openSync(path, "w");
  ftruncateSync(handle, sizeBytes);
  for (const mark of marks) writeSync(handle, "marked", mark);
  closeSync(handle);
}

/** What makes a second server take the place of the first. */
function sameAddresses(server: TestServer): Record<string, string> {
  return {
    MODELBOX_LISTEN_ADDR: server.httpAddr.replace("http://", ""),
    MODELBOX_GRPC_LISTEN_ADDR: server.grpcAddr,
  };
}

async function untilChunks(folder: string, count: number): Promise<void> {
  const chunks = new Bun.Glob("*/*");
  const cwd = join(folder, "modelbox-data/blobs/chunks");
  await until("some chunks to arrive", async () => {
    const found = await Array.fromAsync(chunks.scan({ cwd, onlyFiles: true })).catch(() => []);
    return found.length >= count ? true : undefined;
  });
}

test(
  "the server tells the XXH3 of chunks that it has seen, so that a client beside it need not take their SHA-256",
  async () => {
    using folder = temporaryFolder();
    await using running = await world(folder.path);
    const { client } = running;
    const file = join(folder.path, "weights.bin");
    const bytes = randomBytes(3 * CHUNK_BYTES);
    await writeFile(file, bytes);
    await store(client, "1", file);
    // Whatever way chunks came, they are read once more in the background.
    await until("the digest of the file", async () => {
      const { files } = await client.artifacts.listFiles({ object: "version:team/model@1" });
      return files[0]?.digestState === DigestState.VERIFIED || undefined;
    });
    const { files } = await client.artifacts.listFiles({ object: "version:team/model@1" });
    const { chunks, xxh3 } = await client.artifacts.listFileChunks({ file: files[0]!.id });
    expect(chunks.length).toBeGreaterThan(1);
    let end = 0;
    const pieces = chunks.map(({ sizeBytes }) => bytes.subarray(end, (end += Number(sizeBytes))));
    expect(end).toBe(bytes.length);
    expect(xxh3).toEqual(pieces.map((piece) => Bun.hash.xxHash3(piece)));
  },
  testLimitMs,
);
