import { afterAll, beforeAll, expect, test } from "bun:test";
import { truncate } from "node:fs/promises";
import { openBlobServer, rawExchange, type BlobServer } from "../../../test/support/blob-server.ts";
import { someBytes } from "../../../test/support/blobs.ts";
import { errorOf } from "../../../test/support/failure.ts";
import { everybody } from "../../../test/support/rpc.ts";
import { sha256 } from "../../../test/support/upload.ts";
import type { StoredFile } from "../../domain/entities.ts";
import { TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import { MAX_KEPT_BYTES } from "../../service/blobs/flow-limits.ts";
import { trackArtifact } from "../../service/blobs/track-artifact.ts";
import { digestVerifier } from "../../service/blobs/verify-digests.ts";

const bytes = someBytes(9_000_000);
let server: BlobServer;
let file: StoredFile;

beforeAll(async () => {
  server = await openBlobServer();
  file = await server.store("folder/weights 1.bin", bytes);
});

afterAll(() => server[Symbol.asyncDispose]());

function get(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Response> {
  return fetch(`${server.url}${path}`, { headers, method });
}

test("small files come many to a request", async () => {
  const contents = [someBytes(1_000, 2), someBytes(70_000, 3), new Uint8Array(0)];
  const ids: string[] = [];
  for (const [index, content] of contents.entries())
    ids.push((await server.store(`small ${index}`, content)).id);
  const read = (body: unknown, headers: Record<string, string> = {}) =>
    fetch(`${server.url}/v1/files/read`, { method: "POST", body: JSON.stringify(body), headers });
  const response = await read({ files: ids });
  expect([response.status, response.headers.get("content-length")]).toEqual([200, "71000"]);
  expect(response.headers.get("x-content-type-options")).toBe("nosniff");
  expect(Buffer.concat(contents).equals(await response.bytes())).toBe(true);
  expect(await (await read({ files: [ids[2]] })).bytes()).toHaveLength(0);
  for (const files of [
    undefined,
    [],
    "x",
    ["x"],
    [1],
    [ids[0], ids[0]],
    [file.id],
    Array(1_001).fill(ids[0]),
  ])
    expect((await read({ files })).status).toBe(400);
  expect((await read(null)).status).toBe(400);
  expect((await read({ files: [ids[0], crypto.randomUUID()] })).status).toBe(404);
  expect((await read({ files: ids, more: "x".repeat(70_000) })).status).toBe(413);
});

test("a file comes whole, to be saved and never shown", async () => {
  const response = await get(`/v1/files/${file.id}`);
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    "accept-ranges": "bytes",
    "cache-control": "private, no-cache",
    "content-disposition": `attachment; filename="weights 1.bin"; filename*=UTF-8''weights%201.bin`,
    "content-location": `/v1/files/${file.id}`,
    "content-type": "application/octet-stream",
    etag: `"${file.id}"`,
    "x-content-type-options": "nosniff",
  });
  expect(sha256(await response.bytes())).toBe(sha256(bytes));
});

test("its digest is told once it was verified", async () => {
  expect((await get(`/v1/files/${file.id}`, {}, "HEAD")).headers.get("Repr-Digest")).toBeNull();
  await digestVerifier(server.transfers)(new AbortController().signal);
  const digest = Buffer.from(sha256(bytes), "hex").toString("base64");
  expect((await get(`/v1/files/${file.id}`, {}, "HEAD")).headers.get("Repr-Digest")).toBe(
    `sha-256=:${digest}:`,
  );
});

test("HEAD says the size and sends nothing", async () => {
  const answer = await rawExchange(
    server.port,
    `HEAD /v1/files/${file.id} HTTP/1.1\nHost: 127.0.0.1\nConnection: close`,
  );
  expect(answer).toStartWith("HTTP/1.1 200 OK\r\n");
  expect(answer).toMatch(/\r\ncontent-length: 9000000\r\n/i);
  expect(answer).toEndWith("\r\n\r\n");
});

test("slow clients get the bytes of a chunk whose memory is given back", async () => {
  const slowly = async (): Promise<string> => {
    const hasher = new Bun.CryptoHasher("sha256");
    for await (const piece of (await get(`/v1/files/${file.id}`)).body ?? []) {
      hasher.update(piece);
      await Bun.sleep(1);
    }
    return hasher.digest("hex");
  };
  const digests = await Promise.all(Array.from({ length: 8 }, slowly));
  expect(new Set(digests)).toEqual(new Set([sha256(bytes)]));
});

test("a part that is sent whole has the bytes of every chunk, though the memory of the first is given back", async () => {
  const response = await get(`/v1/files/${file.id}`, { Range: "bytes=300000-1299999" });
  expect(response.headers.get("Content-Length")).toBe("1000000");
  expect(await response.bytes()).toEqual(bytes.slice(300_000, 1_300_000));
});

test("a small file comes with its length", async () => {
  const small = await server.store("small.json", someBytes(1_000));
  const response = await get(`/v1/files/${small.id}`);
  expect(response.headers.get("Content-Length")).toBe("1000");
  expect(await response.bytes()).toEqual(someBytes(1_000));
  const empty = await server.store("empty", new Uint8Array(0));
  const none = await get(`/v1/files/${empty.id}`);
  expect(none.headers.get("Content-Length")).toBe("0");
  expect(await none.bytes()).toEqual(new Uint8Array(0));
});

test.each([
  ["bytes=0-0", 0, 1],
  ["bytes=999990-1000010", 999_990, 21],
  ["bytes=8999999-", 8_999_999, 1],
  ["bytes=-5000000", 4_000_000, 5_000_000],
])("range %s", async (range, offset, length) => {
  const response = await get(`/v1/files/${file.id}`, { Range: range });
  expect(response.status).toBe(206);
  expect(response.headers.get("Content-Range")).toBe(`bytes ${offset}-${offset + length - 1}/9000000`);
  expect(sha256(await response.bytes())).toBe(sha256(bytes.subarray(offset, offset + length)));
});

test("a range past the end is refused with the size", async () => {
  const response = await get(`/v1/files/${file.id}`, { Range: "bytes=9000000-" });
  expect(response.status).toBe(416);
  expect(response.headers.get("Content-Range")).toBe("bytes */9000000");
  expect(await response.json()).toMatchObject({ code: "invalid_argument" });
});

test("several ranges, and what is no range, give the whole file", async () => {
  for (const range of ["bytes=0-1,5-6", "bytes=x", "lines=1-2"]) {
    const response = await get(`/v1/files/${file.id}`, { Range: range });
    expect(response.status).toBe(200);
    await response.body?.cancel();
  }
});

test("conditions", async () => {
  const etag = `"${file.id}"`;
  const status = async (headers: Record<string, string>) => {
    const response = await get(`/v1/files/${file.id}`, headers);
    await response.body?.cancel();
    return response.status;
  };
  const Range = "bytes=0-9";
  expect(await status({ Range, "If-Range": etag })).toBe(206);
  expect(await status({ Range, "If-Range": '"other"' })).toBe(200);
  expect(await status({ Range, "If-Range": "Mon, 23 Nov 2026 00:00:00 GMT" })).toBe(200);
  expect(await status({ "If-None-Match": etag })).toBe(304);
  expect(await status({ "If-None-Match": `"other", W/${etag}`, Range })).toBe(304);
  expect(await status({ "If-None-Match": '"other"' })).toBe(200);
  expect(await status({ "If-Match": '"other"' })).toBe(412);
  expect(await status({ "If-Match": etag, Range })).toBe(206);
});

test("a file is found by object, artifact and path", async () => {
  const artifact = await server.context.metadata.read((tx) => tx.artifacts.get(file.artifactId));
  const path = encodeURIComponent(file.path);
  const named = await get(`/v1/files?object=model:n/m&artifact=${artifact!.name}&path=${path}`, {}, "HEAD");
  expect(named.headers.get("Content-Location")).toBe(`/v1/files/${file.id}`);
  const byArtifact = await get(`/v1/files?object=artifact:${artifact!.id}&path=${path}`, {}, "HEAD");
  expect(byArtifact.status).toBe(200);
});

test("what is not there, or not clear, is said", async () => {
  const failure = async (path: string) => {
    const response = await get(path);
    const { code, message } = (await response.json()) as { code: string; message: string };
    return { status: response.status, code, message };
  };
  expect(await failure(`/v1/files/${crypto.randomUUID()}`)).toMatchObject({ status: 404, code: "not_found" });
  for (const path of [
    "/v1/files/nonsense",
    "/v1/files/%2e%2e%2fetc%2fpasswd",
    "/v1/files/..%5c..%5c",
    "/v1/files/%00",
    `/v1/files/${"x".repeat(10_000)}`,
    "/v1/files",
    "/v1/files?object=model:n/m",
    "/v1/files?object=model:n/m&path=x",
    "/v1/files?object=n/m&path=x",
    "/v1/files?object=version:n/m@1&path=",
    "/v1/files?object=version:n/m@1&path=../x",
    "/v1/files?object=version:n/m@1&path=%2e%2e/x",
    "/v1/files?object=version:n/m@1&path=a%5cb",
    "/v1/files?object=version:n/m@1&path=a%00b",
    "/v1/files?object=version:n/m@1&path=/etc/passwd",
    "/v1/files?object=version:n/m@1&path=a&path=b",
    "/v1/files?object=version:n/m@1&path=a&pth=b",
    `/v1/files?object=version:n/m@1&path=${"a".repeat(5_000)}`,
  ]) {
    expect({ path, ...(await failure(path)) }).toMatchObject({ path, status: 400, code: "invalid_argument" });
  }
  // Decoded once: this is a strange name, and no way up.
  const artifact = await server.context.metadata.read((tx) => tx.artifacts.get(file.artifactId));
  expect(await failure(`/v1/files?object=artifact:${artifact!.id}&path=%252e%252e%252fx%23y`)).toMatchObject({
    status: 404,
    message: expect.stringMatching(/%2e%2e%2fx#y.*modelbox client artifacts files/),
  });
});

test("a file that is only tracked has no bytes here", async () => {
  const { artifact } = await trackArtifact(server.context, everybody, {
    object: { kind: "model", reference: { type: "path", namespace: "n", name: "m" } },
    name: "outside",
    files: [{ path: "x", uri: "s3://bucket/x", sizeBytes: 5, sha256: "" }],
    requestId: "",
  });
  const response = await get(`/v1/files?object=artifact:${artifact.id}&path=x`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: "failed_precondition" });
});

test("bytes that are damaged are no success: not at the beginning, and not later", async () => {
  await using damaged = await openBlobServer();
  const stored = await damaged.store("model.bin", someBytes(6_000_000));
  const paths = await damaged.objects();
  const rows = await damaged.context.metadata.read(async (tx) => {
    const places = await tx.artifacts.fileChunks(stored.id, 0, 10);
    const chunks = await tx.chunks.getMany(places.map((place) => place.digest));
    return places.map((place) => chunks.find((chunk) => chunk.digest === place.digest)!);
  });
  const objectOf = (index: number) => paths.find((path) => path.endsWith(rows[index]!.objectKey))!;
  await truncate(objectOf(4), 10);
  const url = `${damaged.url}/v1/files/${stored.id}`;
  expect(await errorOf(fetch(url).then((response) => response.bytes()))).toBeInstanceOf(Error);
  for (const protocol of ["--http1.1", "--http2-prior-knowledge"]) {
    const curl = Bun.spawn(["curl", "-sS", protocol, "-o", "/dev/null", url], { stderr: "ignore" });
    expect(await curl.exited).not.toBe(0);
  }
  const good = await fetch(url, { headers: { Range: "bytes=0-3999999" } });
  expect(sha256(await good.bytes())).toBe(sha256(someBytes(6_000_000).subarray(0, 4_000_000)));
  await truncate(objectOf(0), 10);
  const response = await fetch(url);
  expect(response.status).toBe(500);
  expect(await response.json()).toMatchObject({ code: "data_loss" });
  expect(damaged.corrupt.map((one) => one.problem)).toEqual([
    "truncated",
    "truncated",
    "truncated",
    "truncated",
  ]);
  expect(damaged.transfers.load.isBusy).toBe(false);
});

test.each(["is room", "is no room"])(
  "slow clients get what is theirs when there %s in memory",
  async (room) => {
    const isFull = room === "is no room";
    if (isFull) expect(server.transfers.kept.take(MAX_KEPT_BYTES)).toBe(true);
    const large = someBytes(40_000_000, 3);
    const stored = await server.store("large.bin", large, { chunkBytes: TARGET_CHUNK_BYTES });
    const digests = await Promise.all(
      ["--http1.1", "--http2-prior-knowledge", "--http1.1", "--http2-prior-knowledge"].map(
        async (protocol) => {
          const url = `${server.url}/v1/files/${stored.id}`;
          const curl = Bun.spawn(["curl", "-sS", "-f", protocol, "--limit-rate", "30M", url]);
          const received = await new Response(curl.stdout).bytes();
          expect(await curl.exited).toBe(0);
          return sha256(received);
        },
      ),
    );
    expect(new Set(digests)).toEqual(new Set([sha256(large)]));
    if (isFull) server.transfers.kept.giveBack(MAX_KEPT_BYTES);
  },
);

test("a client that goes away in the middle leaves nothing behind", async () => {
  const controller = new AbortController();
  const response = await fetch(`${server.url}/v1/files/${file.id}`, { signal: controller.signal });
  await response.body!.getReader().read();
  controller.abort();
  const deadline = performance.now() + 5_000;
  while (server.transfers.load.isBusy && performance.now() < deadline) await Bun.sleep(5);
  expect(server.transfers.load.isBusy).toBe(false);
});
