import { describe, expect, test } from "bun:test";
import { mkdir, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { Code } from "@connectrpc/connect";
import { chunkDigests, cutBytes } from "../../blob/chunking/testing/cut-bytes.ts";
import { createModelBoxClient } from "../model-box-client.ts";
import { drop, FaultServer, sendError } from "../testing/fault-server.ts";
import { failureOf } from "../testing/failure-of.ts";
import { randomBytes } from "../testing/random-bytes.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";
import { upload, type UploadedFiles, type UploadOptions } from "./upload.ts";

const MEBIBYTE = 1024 * 1024;

function start(server: FaultServer, options: Omit<UploadOptions, "namespace">) {
  const client = createModelBoxClient({ serverAddr: server.address });
  const commit = (files: UploadedFiles) =>
    client.artifacts.commitArtifact({ object: "model:a/b", name: "x", files });
  return upload(client, { namespace: "a", ...options }, commit);
}

function dropMidBody(request: IncomingMessage): true {
  request.once("data", () => request.socket.destroy());
  return true;
}

function refuseAfterBody(
  request: IncomingMessage,
  response: ServerResponse,
  code: Code,
  status: number,
): true {
  request.resume().on("end", () => sendError(response, code, "FAULT", status));
  return true;
}

describe("upload", () => {
  test("sends each chunk once, and commits all files in order", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const large = randomBytes(9 * MEBIBYTE);
    await writeFile(join(folder.path, "large.bin"), large);
    await mkdir(join(folder.path, "sub"));
    await writeFile(join(folder.path, "sub", "again.bin"), large);
    await writeFile(join(folder.path, "empty"), "");
    const { counters, notices } = await start(server, { sources: [folder.path] });
    expect(server.files.map((file) => file.path)).toEqual(["empty", "large.bin", "sub/again.bin"]);
    expect(server.contentOf(1).equals(large)).toBe(true);
    expect(server.contentOf(2).equals(large)).toBe(true);
    const chunkCount = cutBytes(large).length;
    expect(chunkCount).toBeGreaterThan(1);
    expect(counters).toEqual({
      files: 3,
      bytes: 18 * MEBIBYTE,
      chunks: 2 * chunkCount,
      sentChunks: chunkCount,
      sentBytes: 9 * MEBIBYTE,
      reusedBytes: 9 * MEBIBYTE,
    });
    expect(notices).toEqual([]);
    expect(server.releasedLeases).toEqual([]);
  });

  test("a second upload sends only what the server lacks", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const bytes = randomBytes(12 * MEBIBYTE);
    await writeFile(join(folder.path, "a"), bytes);
    await start(server, { sources: [folder.path] });
    const before = new Set(chunkDigests(bytes));
    bytes[5 * MEBIBYTE]! ^= 1;
    await writeFile(join(folder.path, "a"), bytes);
    const { counters } = await start(server, { sources: [folder.path] });
    const after = chunkDigests(bytes);
    expect(counters.sentChunks).toBe(after.filter((digest) => !before.has(digest)).length);
    expect(counters.sentBytes).toBeLessThan(bytes.length);
    expect(counters.reusedBytes).toBeGreaterThanOrEqual(MEBIBYTE);
    expect(server.contentOf(0).equals(bytes)).toBe(true);
  });

  test("dropped connections, failures and a busy server are tried again", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const bytes = randomBytes(20 * MEBIBYTE);
    await writeFile(join(folder.path, "a"), bytes);
    server.faultOnPut = (request, response, count) => {
      if (count === 1) return drop(request);
      if (count === 2) return dropMidBody(request);
      if (count === 3) return refuseAfterBody(request, response, Code.Internal, 500);
      if (count === 4) return refuseAfterBody(request, response, Code.Unavailable, 503);
      return false;
    };
    const { counters } = await start(server, { sources: [folder.path] });
    expect(server.contentOf(0).equals(bytes)).toBe(true);
    const chunkCount = cutBytes(bytes).length;
    expect(counters.sentChunks).toBe(chunkCount);
    expect(server.requests).toHaveLength(chunkCount + 4);
  });

  test("a refused chunk fails at once with the server's words", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "a"), "x");
    server.isLeaseEnded = true;
    const failure = failureOf(start(server, { sources: [folder.path] }));
    expect(await failure).toMatchObject({
      name: "ServerError",
      kind: "failed_precondition",
      reason: "LEASE_ENDED",
      message: "Refused for LEASE_ENDED.",
    });
    expect(server.requests).toHaveLength(1);
    expect(server.releasedLeases).toEqual([]);
    expect(server.files).toEqual([]);
  });

  test("the lease is renewed while the upload runs, and the upload ends when the lease is lost", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "a"), "x");
    server.leaseTtlMs = 30;
    server.faultOnPut = () => true;
    const failure = failureOf(start(server, { sources: [folder.path] }));
    while (server.renewals < 3) await Bun.sleep(1);
    server.isLeaseEnded = true;
    expect(await failure).toMatchObject({ name: "ServerError", reason: "LEASE_ENDED" });
  });

  test("the caller's signal ends it, and what was sent stays known", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    await writeFile(join(folder.path, "a"), "x");
    const controller = new AbortController();
    server.faultOnPut = () => {
      controller.abort();
      return true;
    };
    const failure = failureOf(start(server, { sources: [folder.path], signal: controller.signal }));
    expect(await failure).toMatchObject({ name: "AbortedByCallerError" });
    expect(server.releasedLeases).toEqual([]);
  });

  test("many small files go with few questions", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const names = Array.from({ length: 300 }, (_, index) => `file-${index}`);
    await Promise.all(names.map((name) => writeFile(join(folder.path, name), name)));
    const progress: number[] = [];
    const { counters } = await start(server, {
      sources: [folder.path],
      onProgress: ({ doneBytes }) => progress.push(doneBytes),
    });
    expect(counters.sentChunks).toBe(300);
    expect(server.findSizes.length).toBeLessThan(150);
    expect(progress.at(-1)).toBe(counters.bytes);
    expect(progress).toEqual(progress.toSorted((one, other) => one - other));
  });

  test("a file that changes while it is read is refused", async () => {
    await using server = await FaultServer.start();
    await using folder = await temporaryFolder();
    const path = join(folder.path, "a");
    await writeFile(path, randomBytes(90 * MEBIBYTE));
    server.faultOnPut = (request, response, count) => {
      if (count > 1) return false;
      void writeFile(path, "shorter").then(() =>
        request.resume().on("end", () => response.writeHead(201).end()),
      );
      return true;
    };
    const failure = failureOf(start(server, { sources: [path] }));
    expect(await failure).toMatchObject({
      name: "LocalFileError",
      message: `${path} changed while it was read; upload it again once nothing writes to it.`,
    });
    expect(server.files).toEqual([]);
  });
});
