import { expect, test } from "bun:test";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  createModelBoxClient,
  download,
  upload,
  type ModelBoxClient,
  type UploadedFiles,
} from "../src/client/index.ts";
import { executable, startServer, temporaryFolder, until } from "./support/server.ts";

const testLimitMs = 240_000;

/** Bytes that differ from those of other numbers. */
function content(number: number, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes, `${number} `);
  if (sizeBytes >= 4) bytes.writeUInt32LE(number, 0);
  return bytes;
}

/** Writes a folder of small files, with some that are alike, empty, or not small. */
function writeFolder(root: string, count: number, sizeBytes: number): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (let index = 0; index < count; index += 1)
    files.set(`part-${index % 7}/${index}.bin`, content(index, sizeBytes + (index % 1_000)));
  files.set("empty", Buffer.alloc(0));
  files.set("twice/a", content(1, 5_000));
  files.set("twice/b", content(1, 5_000));
  files.set("medium.bin", content(2, 300_000));
  files.set("large.bin", content(3, 3_000_000));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
  return files;
}

function expectFolder(root: string, files: ReadonlyMap<string, Buffer>): void {
  for (const [path, bytes] of files)
    if (!readFileSync(join(root, path)).equals(bytes)) throw new Error(`${path} has other bytes`);
  const found = readdirSync(root, { recursive: true, withFileTypes: true });
  expect(found.filter((entry) => entry.isFile())).toHaveLength(files.size);
}

async function store(client: ModelBoxClient, version: string, source: string) {
  const commit = (files: UploadedFiles) =>
    client.versions.createModelVersion({ model: "team/model", version, files });
  return (await upload(client, { namespace: "team", sources: [source] }, commit)).counters;
}

async function world(folder: string) {
  const server = await startServer(folder);
  const client = createModelBoxClient({ serverAddr: server.httpAddr });
  await client.models.createModel({ namespace: "team", name: "model", owner: "o", task: "t" });
  return { server, client, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

/** Objects of many chunks that the server has. */
function packsOf(folder: string): readonly string[] {
  try {
    const found = readdirSync(join(folder, "modelbox-data/blobs/packs"), {
      recursive: true,
      withFileTypes: true,
    });
    return found.filter((entry) => entry.isFile()).map((entry) => entry.name);
  } catch {
    return [];
  }
}

test(
  "small files are stored together, are not sent again, and come back as they were",
  async () => {
    using folder = temporaryFolder();
    await using running = await world(folder.path);
    const { client } = running;
    const source = join(folder.path, "source");
    const files = writeFolder(source, 3_000, 100);
    const totalBytes = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
    const first = await store(client, "1", source);
    expect(first).toMatchObject({ files: files.size, bytes: totalBytes, reusedBytes: 5_000 });
    expect(first.sentBytes).toBe(totalBytes - 5_000);
    const packs = packsOf(folder.path);
    expect(packs.length).toBeGreaterThan(0);
    expect(packs.length).toBeLessThan(100);

    const second = await store(client, "2", source);
    expect(second).toMatchObject({ sentBytes: 0, sentChunks: 0, reusedBytes: totalBytes });
    expect(packsOf(folder.path)).toHaveLength(packs.length);

    const target = join(folder.path, "target");
    const fetch = () => download(client, { object: "version:team/model@2", destination: target });
    expect(await fetch()).toMatchObject({ receivedBytes: totalBytes, reusedBytes: 0, files: files.size });
    expectFolder(target, files);
    // What is right is left alone, and what is not is mended.
    writeFileSync(join(target, "part-1/1.bin"), "other bytes");
    writeFileSync(join(target, "part-2/2.bin.modelbox-partial"), "left by another download");
    rmSync(join(target, "part-2/2.bin"));
    rmSync(join(target, "part-3/3.bin"));
    const again = await fetch();
    expect(again.receivedBytes).toBe(
      ["part-1/1.bin", "part-2/2.bin", "part-3/3.bin"].reduce(
        (sum, path) => sum + files.get(path)!.length,
        0,
      ),
    );
    expectFolder(target, files);
  },
  testLimitMs,
);

test(
  "an upload of small files that is killed goes on where it was",
  async () => {
    using folder = temporaryFolder();
    await using running = await world(folder.path);
    const { client, server } = running;
    const source = join(folder.path, "source");
    const files = writeFolder(source, 4_000, 20_000);
    const child = Bun.spawn([executable, "client", "versions", "create", "--model", "team/model", source], {
      env: { HOME: folder.path, MODELBOX_SERVER_ADDR: server.httpAddr },
      stdin: "ignore",
      stdout: "ignore",
      stderr: "ignore",
    });
    await until("some packs to arrive", () => (packsOf(folder.path).length >= 4 ? true : undefined));
    child.kill("SIGKILL");
    await child.exited;
    const { versions } = await client.versions.listModelVersions({ model: "team/model" });
    expect(versions).toEqual([]);
    const counters = await store(client, "1", source);
    expect(counters.sentBytes).toBeLessThan(counters.bytes - 4_000_000);
    const target = join(folder.path, "target");
    await download(client, { object: "version:team/model@1", destination: target });
    expectFolder(target, files);
  },
  testLimitMs,
);
