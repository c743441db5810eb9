import { describe, expect, test } from "bun:test";
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { FileSpecSchema } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import { ChunkCache } from "../cache/chunk-cache.ts";
import { createModelBoxClient } from "../model-box-client.ts";
import { failureOf } from "../testing/failure-of.ts";
import { drop, FaultServer, sendError } from "../testing/fault-server.ts";
import { randomBytes } from "../testing/random-bytes.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { download, type DownloadOptions } from "./download.ts";

const MEBIBYTE = 1024 * 1024;
const CHUNK_BYTES = 4 * MEBIBYTE;

/** Puts files on the server without an upload. */
function store(server: FaultServer, files: Readonly<Record<string, Uint8Array | string>>): void {
  server.files = Object.entries(files).map(([path, content]) => {
    const bytes = Buffer.from(content as Uint8Array);
    const chunks = [];
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      const chunk = bytes.subarray(at, at + CHUNK_BYTES);
      const sha256 = new Bun.CryptoHasher("sha256").update(chunk).digest("hex");
      server.chunks.set(sha256, chunk);
      chunks.push({ sha256, sizeBytes: BigInt(chunk.length) });
    }
    return create(FileSpecSchema, { path, sizeBytes: BigInt(bytes.length), chunks });
  });
}

function start(server: FaultServer, options: Omit<DownloadOptions, "artifact" | "object">) {
  const client = createModelBoxClient({ serverAddr: server.address });
  return download(client, { object: "version:a/b@1", ...options });
}

/** Sends the first half of what was asked for, then ends the connection. */
function sendHalf(server: FaultServer, range: string, response: ServerResponse): true {
  const [first = 0, last = 0] = range.replace("bytes=", "").split("-").map(Number);
  const body = server.contentOf(0).subarray(first, last + 1);
  response.writeHead(206, { "content-length": body.length });
  response.write(body.subarray(0, body.length / 2), () => response.destroy());
  return true;
}

describe("download", () => {
  test("writes all files, and takes large ones in few requests", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const large = randomBytes(33 * MEBIBYTE);
    store(server, { "large.bin": large, "a/b/small": "small", "a/empty": "" });
    const result = await start(server, { destination: join(folder.path, "new/folder") });
    expect(result).toEqual({
      destination: join(folder.path, "new/folder"),
      files: 3,
      bytes: large.length + 5,
      receivedBytes: large.length + 5,
      reusedBytes: 0,
      cachedBytes: 0,
      notDownloaded: [],
    });
    expect(large.equals(await readFile(join(result.destination, "large.bin")))).toBe(true);
    expect(await readFile(join(result.destination, "a/b/small"), "utf8")).toBe("small");
    expect((await stat(join(result.destination, "a/empty"))).size).toBe(0);
    expect(server.ranges.toSorted()).toEqual([
      "bytes=0-16777215",
      "bytes=0-4",
      "bytes=16777216-33554431",
      "bytes=33554432-34603007",
    ]);
    expect(server.releasedLeases).toEqual(["lease-1"]);
  });

  test("takes from the cache what other files had, and keeps there what it fetches", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const cache = new ChunkCache({ folder: join(folder.path, "cache"), limitBytes: 100 * MEBIBYTE });
    const large = randomBytes(9 * MEBIBYTE);
    store(server, { "one.bin": large });
    const first = await start(server, { destination: join(folder.path, "one"), cache });
    expect(first).toMatchObject({ receivedBytes: large.length, cachedBytes: 0 });
    // Another version shares two of three chunks.
    const changed = Buffer.concat([large.subarray(0, 8 * MEBIBYTE), randomBytes(MEBIBYTE)]);
    server.ranges.length = 0;
    store(server, { "two.bin": changed });
    const second = await start(server, { destination: join(folder.path, "two"), cache });
    expect(second).toMatchObject({ receivedBytes: MEBIBYTE, cachedBytes: 8 * MEBIBYTE });
    expect(server.ranges).toEqual(["bytes=8388608-9437183"]);
    expect(changed.equals(await readFile(join(folder.path, "two/two.bin")))).toBe(true);
  });

  test("goes on where the connection was lost, failures and busy servers included", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const bytes = randomBytes(16 * MEBIBYTE);
    store(server, { file: bytes });
    server.faultOnGet = (request, response, count) => {
      if (count === 1) return sendHalf(server, request.headers.range ?? "", response);
      if (count === 2) return drop(request);
      if (count > 3) return false;
      sendError(response, Code.Unavailable, "BUSY", 503);
      return true;
    };
    const { receivedBytes } = await start(server, { destination: folder.path });
    expect(bytes.equals(await readFile(join(folder.path, "file")))).toBe(true);
    expect(receivedBytes).toBe(bytes.length);
    expect(server.ranges[0]).toBe("bytes=0-16777215");
    // What arrived whole before the connection was lost is not asked for again.
    expect(server.ranges.at(-1)).not.toBe("bytes=0-16777215");
  });

  test("a server whose disk is full can still be read", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    store(server, { file: "content" });
    server.faultOnCall = ({ url = "" }, response) => {
      if (!url.endsWith("/AcquireLease")) return false;
      sendError(response, Code.ResourceExhausted, "STORAGE_FULL", 429);
      return true;
    };
    const { files } = await start(server, { destination: folder.path });
    expect(files).toBe(1);
    expect(await readFile(join(folder.path, "file"), "utf8")).toBe("content");
  });

  test.each([true, false])(
    "wrong bytes are asked for again, and never get the file's name (XXH3 known: %p)",
    async (knowsXxh3) => {
      await using server = await FaultServer.start();
      server.knowsXxh3 = knowsXxh3;
      await using folder = await temporaryFolder();
      const bytes = randomBytes(8 * MEBIBYTE);
      store(server, { file: bytes });
      const corrupt = (response: ServerResponse, range: string) => {
        const [first = 0, last = 0] = range.replace("bytes=", "").split("-").map(Number);
        const body = Buffer.from(bytes.subarray(first, last + 1));
        body[body.length - 1]! ^= 1;
        response.writeHead(206, { "content-length": body.length }).end(body);
        return true;
      };
      server.faultOnGet = (request, response) => corrupt(response, request.headers.range ?? "");
      const failure = await failureOf(start(server, { destination: folder.path }));
      expect(failure).toMatchObject({ name: "CorruptDataError", kind: "corrupt_data" });
      expect(server.ranges).toEqual(["bytes=0-8388607", "bytes=4194304-8388607", "bytes=4194304-8388607"]);
      expect(await readdir(folder.path)).toEqual(["file.modelbox-partial"]);
      server.faultOnGet = (request, response, count) =>
        count === 4 && corrupt(response, request.headers.range ?? "");
      const { receivedBytes, reusedBytes } = await start(server, { destination: folder.path });
      expect([receivedBytes, reusedBytes]).toEqual([4 * MEBIBYTE, 4 * MEBIBYTE]);
      expect(await readdir(folder.path)).toEqual(["file"]);
      expect(bytes.equals(await readFile(join(folder.path, "file")))).toBe(true);
    },
  );

  test("an answer that is no range is refused", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    store(server, { file: "0123456789" });
    server.faultOnGet = (_request, response, count) => {
      if (count === 1) response.writeHead(200).end("0123456789");
      if (count === 2) response.writeHead(206).end("01234567890");
      if (count === 3) response.writeHead(206).end("012345678");
      return count < 4;
    };
    await start(server, { destination: folder.path });
    expect(await readFile(join(folder.path, "file"), "utf8")).toBe("0123456789");
    expect(server.ranges).toHaveLength(4);
  });

  test("what is right on disk is left alone, and of wrong files only the wrong chunks are fetched", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const bytes = randomBytes(18 * MEBIBYTE);
    store(server, { right: "right", wrong: bytes, short: bytes, long: bytes });
    const past = new Date(1_000_000_000_000);
    await writeFile(join(folder.path, "right"), "right");
    await utimes(join(folder.path, "right"), past, past);
    const wrong = Buffer.from(bytes);
    wrong[9 * MEBIBYTE]! ^= 1;
    await writeFile(join(folder.path, "wrong"), wrong);
    await writeFile(join(folder.path, "short"), bytes.subarray(0, 13 * MEBIBYTE));
    await writeFile(join(folder.path, "long"), Buffer.concat([bytes, Buffer.from("more")]));
    const { receivedBytes } = await start(server, { destination: folder.path });
    expect(receivedBytes).toBe(4 * MEBIBYTE + 6 * MEBIBYTE);
    expect((await stat(join(folder.path, "right"))).mtimeMs).toBe(past.getTime());
    for (const name of ["wrong", "short", "long"]) {
      expect(bytes.equals(await readFile(join(folder.path, name)))).toBe(true);
    }
    expect((await readdir(folder.path)).toSorted()).toEqual(["long", "right", "short", "wrong"]);
  });

  test("a partial file with wrong bytes in it is repaired", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const bytes = randomBytes(12 * MEBIBYTE);
    store(server, { file: bytes });
    const partial = Buffer.concat([bytes, bytes]);
    partial[5 * MEBIBYTE]! ^= 1;
    await writeFile(join(folder.path, "file.modelbox-partial"), partial);
    const { receivedBytes } = await start(server, { destination: folder.path });
    expect(receivedBytes).toBe(4 * MEBIBYTE);
    expect(bytes.equals(await readFile(join(folder.path, "file")))).toBe(true);
  });

  test("the caller's signal ends it, and what arrived is kept", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const bytes = randomBytes(40 * MEBIBYTE);
    store(server, { file: bytes });
    const controller = new AbortController();
    const failure = await failureOf(
      start(server, {
        destination: folder.path,
        concurrency: 1,
        signal: controller.signal,
        onProgress: ({ doneBytes }) => doneBytes >= 20 * MEBIBYTE && controller.abort(),
      }),
    );
    expect(failure).toMatchObject({ name: "AbortedByCallerError" });
    expect(server.releasedLeases).toEqual(["lease-1"]);
    const { reusedBytes } = await start(server, { destination: folder.path });
    expect(reusedBytes).toBeGreaterThanOrEqual(20 * MEBIBYTE);
    expect(bytes.equals(await readFile(join(folder.path, "file")))).toBe(true);
  });

  test.each([
    "../out",
    "/etc/passwd",
    "a/../../out",
    "a\\b",
    "C:/x",
    "a//b",
    "line\nbreak",
    "x.modelbox-partial",
  ])("refuses the path %j from the server and writes nothing", async (path) => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    store(server, { fine: "x", [path]: "x" });
    const failure = await failureOf(start(server, { destination: join(folder.path, "in") }));
    expect(failure).toMatchObject({ name: "InvalidInputError" });
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("does not write through links inside the destination", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const destination = join(folder.path, "in");
    await mkdir(destination);
    await mkdir(join(folder.path, "out"));
    await symlink("../out", join(destination, "sub"));
    store(server, { "sub/file": "x" });
    expect(await failureOf(start(server, { destination }))).toMatchObject({ name: "LocalFileError" });
    await writeFile(join(folder.path, "out/target"), "keep");
    await symlink("../out/target", join(destination, "file"));
    await symlink("../out/target", join(destination, "other.modelbox-partial"));
    store(server, { file: "new" });
    await start(server, { destination });
    expect(await readFile(join(destination, "file"), "utf8")).toBe("new");
    store(server, { other: "new" });
    expect(await failureOf(start(server, { destination }))).toMatchObject({ name: "LocalFileError" });
    expect(await readFile(join(folder.path, "out/target"), "utf8")).toBe("keep");
    expect(await readdir(join(folder.path, "out"))).toEqual(["target"]);
  });

  test("chunks that don't add up to the file are refused", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    store(server, { file: "0123456789" });
    server.files[0]!.sizeBytes = 11n;
    const failure = await failureOf(start(server, { destination: folder.path }));
    expect(failure).toMatchObject({ name: "CorruptDataError" });
    expect(await readdir(folder.path)).toEqual([]);
  });

  test("takes only the files that the patterns choose", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    store(server, { "a/x.bin": "1", "x.bin": "2", "a/y.txt": "3", "b/y.txt": "4" });
    await start(server, { destination: folder.path, include: ["*.bin", "b/**"] });
    const names = await readdir(folder.path, { recursive: true });
    expect(names.toSorted()).toEqual(["a", "a/x.bin", "b", "b/y.txt", "x.bin"]);
    const failure = await failureOf(
      start(server, { destination: folder.path, include: ["*.bin", "*.onnx"] }),
    );
    expect(failure).toMatchObject({ name: "InvalidInputError" });
  });
});
