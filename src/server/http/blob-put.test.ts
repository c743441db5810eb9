import { afterAll, beforeAll, expect, test } from "bun:test";
import { openBlobServer, rawExchange, type BlobServer } from "../../../test/support/blob-server.ts";
import { someBytes } from "../../../test/support/blobs.ts";
import { chunkDigests, cutBytes, sha256 } from "../../../test/support/upload.ts";
import {
  MAX_CHUNK_BYTES,
  MAX_PACK_BYTES,
  MAX_PACK_CHUNKS,
  MAX_PACKED_CHUNK_BYTES,
} from "../../domain/limits.ts";
import { writePack } from "../../domain/pack-format.ts";
import { MAX_WHOLE_BODY_BYTES } from "../../service/blobs/flow-limits.ts";
import { BufferPool } from "../../service/blobs/buffer-pool.ts";
import { requestBody, wholeBody } from "./blob-body.ts";

let server: BlobServer;

beforeAll(async () => {
  server = await openBlobServer();
  await server.store("seed", someBytes(1));
});

afterAll(() => server[Symbol.asyncDispose]());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function send(
  path: string,
  body: Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
  method = "PUT",
): Promise<Answer> {
  const response = await fetch(`${server.url}${path}`, { method, body, headers });
  const text = await response.text();
  return { status: response.status, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

function reasonOf({ body }: Answer): unknown {
  const [info] = body["details"] as { debug?: { reason?: string } }[];
  return info?.debug?.reason;
}

const putChunk = (digest: string, body: Uint8Array<ArrayBuffer>, lease: string) =>
  send(`/v1/chunks/${digest}`, body, { "ModelBox-Lease": lease });

test("a chunk is stored, and then is there", async () => {
  const lease = await server.begin();
  const bytes = someBytes(3_000_000, 11);
  expect(await putChunk(sha256(bytes), bytes, lease)).toEqual({ status: 201, body: {} });
  expect(await putChunk(sha256(bytes), bytes, lease)).toEqual({ status: 200, body: {} });
  const largest = someBytes(MAX_CHUNK_BYTES, 12);
  expect((await putChunk(sha256(largest), largest, lease)).status).toBe(201);
});

test("a chunk without a name gets one", async () => {
  const lease = await server.begin();
  const bytes = someBytes(3_000_000, 21);
  const xxh3 = Bun.hash.xxHash3(bytes).toString(16).padStart(16, "0");
  const post = (headers: Record<string, string>, body = bytes) =>
    send("/v1/chunks", body, { "ModelBox-Lease": lease, ...headers }, "POST");
  const sha256Hex = sha256(bytes);
  expect(await post({ "ModelBox-XXH3": xxh3 })).toEqual({
    status: 201,
    body: { sha256: sha256Hex, exists: false },
  });
  expect(await post({})).toEqual({ status: 200, body: { sha256: sha256Hex, exists: true } });
  const wrong = await post({ "ModelBox-XXH3": "0".repeat(16) });
  expect([wrong.status, reasonOf(wrong)]).toEqual([400, "CHECKSUM_MISMATCH"]);
  expect((await post({ "ModelBox-XXH3": "nonsense" })).status).toBe(400);
  expect((await post({ "ModelBox-Lease": "nonsense" })).status).toBe(400);
  expect((await post({}, new Uint8Array(MAX_CHUNK_BYTES + 1))).status).toBe(413);
});

/** The bytes of a pack with these chunks. */
function packOf(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const chunks = parts.map((bytes) => ({ digest: sha256(bytes), bytes }));
  return writePack(new Uint8Array(9 * 1024 * 1024), chunks).slice();
}

test("small chunks come many to a request", async () => {
  const lease = await server.begin();
  const parts = [31, 32, 33].map((seed) => someBytes(10_000 + seed, seed));
  const post = (body: Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) =>
    send("/v1/packs", body, { "ModelBox-Lease": lease, ...headers }, "POST");
  expect(await post(packOf(...parts))).toEqual({ status: 200, body: { existing: 0 } });
  expect(await post(packOf(...parts, someBytes(5, 34)))).toEqual({ status: 200, body: { existing: 3 } });
  const changed = packOf(someBytes(9_000, 35), someBytes(9_000, 36));
  changed[changed.byteLength - 1]! ^= 1;
  const before = (await server.objects()).length;
  const wrong = await post(changed);
  expect([wrong.status, reasonOf(wrong)]).toEqual([400, "DIGEST_MISMATCH"]);
  expect((await post(packOf(someBytes(MAX_PACKED_CHUNK_BYTES + 1)))).status).toBe(400);
  expect((await post(packOf(...parts).slice(0, -1))).status).toBe(400);
  expect((await post(new TextEncoder().encode("nonsense"))).status).toBe(400);
  expect((await post(new Uint8Array(0))).status).toBe(400);
  const many = Array.from({ length: MAX_PACK_CHUNKS + 1 }, (_, index) => new Uint8Array([index, index >> 8]));
  expect((await post(packOf(...many))).status).toBe(400);
  const large = await post(new Uint8Array(MAX_PACK_BYTES + 1));
  expect([large.status, reasonOf(large)]).toEqual([413, "TOO_LARGE"]);
  expect((await post(packOf(...parts), { "ModelBox-Lease": "nonsense" })).status).toBe(400);
  expect((await post(packOf(...parts), { "ModelBox-Lease": crypto.randomUUID() })).status).toBe(404);
  expect((await post(packOf(...parts), { "Content-Encoding": "gzip" })).status).toBe(415);
  expect(await server.objects()).toHaveLength(before);
  expect((await post(packOf(...many.slice(0, -1)))).status).toBe(200);
});

test("what is wrong with a chunk has a status of its own", async () => {
  const lease = await server.begin();
  const bytes = someBytes(1_000, 13);
  const digest = sha256(bytes);
  const wrong = await putChunk("0".repeat(64), bytes, lease);
  expect([wrong.status, reasonOf(wrong)]).toEqual([400, "DIGEST_MISMATCH"]);
  expect((await putChunk(digest.toUpperCase(), bytes, lease)).status).toBe(400);
  expect((await putChunk("..%2f..%2fetc", bytes, lease)).status).toBe(400);
  expect((await putChunk(digest, bytes, "nonsense")).status).toBe(400);
  expect((await send(`/v1/chunks/${digest}`, bytes)).status).toBe(400);
  expect((await putChunk(digest, new Uint8Array(0), lease)).status).toBe(400);
  expect((await putChunk(digest, bytes, crypto.randomUUID())).status).toBe(404);
  const large = await putChunk(digest, new Uint8Array(MAX_CHUNK_BYTES + 1), lease);
  expect([large.status, reasonOf(large)]).toEqual([413, "TOO_LARGE"]);
  server.advanceMs(60_001);
  const late = await putChunk(digest, bytes, lease);
  expect([late.status, reasonOf(late)]).toEqual([412, "LEASE_ENDED"]);
});

test("a chunk without length is refused", async () => {
  const lease = await server.begin();
  const head = `PUT /v1/chunks/${sha256("hello")} HTTP/1.1\nHost: 127.0.0.1\nModelBox-Lease: ${lease}`;
  const chunked = await rawExchange(
    server.port,
    `${head}\nConnection: close\nTransfer-Encoding: chunked`,
    Buffer.from("5\r\nhello\r\n0\r\n\r\n"),
  );
  expect(chunked).toStartWith("HTTP/1.1 411 ");
});

/** Takes all memory for bodies in one piece, as other uploads would. */
function crowd(): Disposable {
  expect(server.transfers.bodies.take(MAX_WHOLE_BODY_BYTES)).toBe(true);
  return { [Symbol.dispose]: () => server.transfers.bodies.giveBack(MAX_WHOLE_BODY_BYTES) };
}

test("a chunk for which there is no memory is stored piece by piece", async () => {
  using _others = crowd();
  const lease = await server.begin();
  const bytes = someBytes(3_000_000, 22);
  expect((await putChunk(sha256(bytes), bytes, lease)).status).toBe(201);
  expect((await putChunk(sha256(bytes), bytes, lease)).status).toBe(200);
  expect((await putChunk("0".repeat(64), bytes, lease)).status).toBe(400);
});

test.each(["in one piece", "piece by piece"])(
  "a chunk whose connection breaks leaves nothing: %s",
  async (how) => {
    using _others = how === "in one piece" ? undefined : crowd();
    const lease = await server.begin();
    const before = (await server.objects()).length;
    const socket = await Bun.connect({ hostname: "127.0.0.1", port: server.port, socket: { data() {} } });
    const digest = sha256(someBytes(2_000_000, 14));
    const head = `PUT /v1/chunks/${digest} HTTP/1.1\r\nHost: 127.0.0.1\r\nModelBox-Lease: ${lease}\r\nContent-Length: 2000000\r\n\r\n`;
    socket.write(head);
    socket.write(someBytes(100_000, 14));
    const arrives = async () => how === "in one piece" || (await server.objects()).length > before;
    await until(async () => server.transfers.load.isBusy && (await arrives()));
    socket.terminate();
    await until(async () => !server.transfers.load.isBusy);
    expect(await server.objects()).toHaveLength(before);
  },
);

test("a body in one piece that stalls is given up", async () => {
  const body = new ReadableStream({ pull: () => new Promise(() => undefined) });
  const request = new Request("http://x/", { method: "PUT", body });
  const whole = wholeBody({ request, countReceived: () => undefined }, new BufferPool(), 10, 20);
  const error = await whole.catch((one: unknown) => one);
  expect(error).toMatchObject({ kind: "unavailable", reason: "REQUEST_STALLED" });
});

test("a body in one piece that comes in drops is given up", async () => {
  const body = new ReadableStream({
    async pull(controller) {
      await Bun.sleep(2);
      controller.enqueue(new Uint8Array(1));
    },
  });
  const request = new Request("http://x/", { method: "PUT", body });
  const whole = wholeBody({ request, countReceived: () => undefined }, new BufferPool(), 1_000_000, 500);
  const error = await whole.catch((one: unknown) => one);
  expect(error).toMatchObject({ kind: "unavailable", message: expect.stringContaining("within 0.5 s") });
});

test.each([9, 11])("a body in one piece of %p bytes instead of 10 is refused", async (sizeBytes) => {
  const request = new Request("http://x/", { method: "PUT", body: new Uint8Array(sizeBytes) });
  const whole = wholeBody({ request, countReceived: () => undefined }, new BufferPool(), 10);
  expect(await whole.catch((one: unknown) => one)).toMatchObject({ reason: "SIZE_MISMATCH" });
});

test("a body that stalls is given up", async () => {
  const request = new Request("http://x/", {
    method: "PUT",
    body: new ReadableStream({ pull: () => new Promise(() => undefined) }),
  });
  const read = async () => {
    for await (const _ of requestBody({ request, countReceived: () => undefined }, 20));
  };
  const error = await read().catch((one: unknown) => one);
  expect(error).toMatchObject({ kind: "unavailable", reason: "REQUEST_STALLED" });
});

test("a plain body becomes an artifact of one file", async () => {
  const bytes = someBytes(9_500_000, 15);
  const path = "/v1/files?object=model:n/m&artifact=plain&path=a/b.bin";
  const first = await send(path, bytes);
  expect(first).toMatchObject({
    status: 201,
    body: {
      exists: false,
      artifact: { name: "plain", fileCount: "1", sizeBytes: "9500000", objectPath: "n/m" },
      file: {
        path: "a/b.bin",
        sizeBytes: "9500000",
        sha256: sha256(bytes),
        digestState: "DIGEST_STATE_VERIFIED",
      },
    },
  });
  expect(await send(path, bytes)).toMatchObject({ status: 200, body: { exists: true } });
  expect((await send(path, someBytes(10, 16))).status).toBe(409);
  const { id } = first.body["file"] as { id: string };
  const back = await fetch(`${server.url}/v1/files/${id}`);
  expect(sha256(await back.bytes())).toBe(sha256(bytes));
});

test("an empty body is an empty file", async () => {
  const path = "/v1/files?object=model:n/m&artifact=nothing&path=empty";
  expect(await send(path, new Uint8Array(0))).toMatchObject({
    status: 201,
    body: { file: { sizeBytes: "0", sha256: sha256("") } },
  });
});

test("curl uploads with and without a length, over both protocols", async () => {
  const bytes = someBytes(5_000_000, 17);
  for (const [index, options] of [
    [],
    ["-H", "Transfer-Encoding: chunked"],
    ["--http2-prior-knowledge"],
  ].entries()) {
    const url = `${server.url}/v1/files?object=model:n/m&artifact=curl-${index}&path=x`;
    const curl = Bun.spawn(["curl", "-sS", "-f", ...options, "-T", "-", url], {
      stdin: bytes,
      stdout: "pipe",
    });
    expect(await curl.exited).toBe(0);
    expect(await new Response(curl.stdout).json()).toMatchObject({ file: { sha256: sha256(bytes) } });
  }
});

test("a plain body under a lease is staged, to be committed by name", async () => {
  const lease = await server.begin();
  const bytes = someBytes(12 * 1024 * 1024 + 5, 18);
  const { status, body } = await send(`/v1/files?lease=${lease}&path=w.bin`, bytes);
  expect(status).toBe(201);
  const lengths = cutBytes(bytes);
  const digests = chunkDigests(bytes, lengths);
  expect(lengths.length).toBeGreaterThan(1);
  expect(body).toEqual({
    file: {
      path: "w.bin",
      sizeBytes: String(bytes.length),
      sha256: sha256(bytes),
      chunks: digests.map((digest, index) => ({ sha256: digest, sizeBytes: String(lengths[index]) })),
    },
  });
});

test("mistakes in a plain upload are said before the body is read", async () => {
  const lease = await server.begin();
  for (const [query, status] of [
    ["object=model:n/m&path=x", 400],
    ["object=model:n/m&artifact=default&path=x", 400],
    ["object=model:n/m&artifact=a/b&path=x", 400],
    ["object=model:n/m&artifact=ok&path=../x", 400],
    ["object=model:n/m&artifact=ok&path=%5c", 400],
    ["object=model:n/none&artifact=ok&path=x", 404],
    [`object=model:n/m&lease=${lease}&path=x`, 400],
    ["lease=nonsense&path=x", 400],
    [`lease=${crypto.randomUUID()}&path=x`, 404],
    ["", 400],
  ] as const) {
    expect({ query, status: (await send(`/v1/files?${query}`, someBytes(10))).status }).toEqual({
      query,
      status,
    });
  }
});

test("a body that is not the whole file as it is stored is refused", async () => {
  const bytes = someBytes(1_000, 19);
  const target = "/v1/files?object=model:n/m&artifact=partial&path=x";
  const chunk = `/v1/chunks/${sha256(bytes)}`;
  const lease = { "ModelBox-Lease": await server.begin() };
  for (const path of [target, chunk]) {
    const part = await send(path, bytes, { ...lease, "Content-Range": "bytes 0-999/2000" });
    expect([part.status, reasonOf(part)]).toEqual([400, "PARTIAL_PUT"]);
    const encoded = await send(path, bytes, { ...lease, "Content-Encoding": "gzip" });
    expect([encoded.status, reasonOf(encoded)]).toEqual([415, "ENCODED_BODY"]);
  }
  expect((await fetch(`${server.url}${target}`)).status).toBe(404);
  expect((await send(target, bytes, { "Content-Encoding": "identity" })).status).toBe(201);
});

test("a body is held to the digest that its client gives", async () => {
  const bytes = someBytes(5_000_000, 20);
  const right = `sha-256=:${Buffer.from(sha256(bytes), "hex").toString("base64")}:`;
  const wrong = `sha-256=:${Buffer.from(sha256("x"), "hex").toString("base64")}:`;
  const target = "/v1/files?object=model:n/m&artifact=digest&path=x";
  const staged = `/v1/files?lease=${await server.begin()}&path=x`;
  const chunk = someBytes(1_000, 21);
  const putChunkWith = async (digest: string) =>
    send(`/v1/chunks/${sha256(chunk)}`, chunk, {
      "ModelBox-Lease": await server.begin(),
      "Repr-Digest": digest,
    });
  for (const name of ["Repr-Digest", "Content-Digest"]) {
    for (const path of [target, staged]) {
      const refused = await send(path, bytes, { [name]: wrong });
      expect([refused.status, reasonOf(refused)]).toEqual([400, "DIGEST_MISMATCH"]);
    }
  }
  const refused = await putChunkWith(wrong);
  expect([refused.status, reasonOf(refused)]).toEqual([400, "DIGEST_MISMATCH"]);
  for (const malformed of ["sha-256", "sha-256=abc", "sha-256=:YQ==:", `${right},`, "sha-256=:-:", ""]) {
    const answer = await send(target, bytes, { "Repr-Digest": malformed });
    expect({ malformed, status: answer.status }).toEqual({ malformed, status: 400 });
  }
  expect((await send(target, bytes, { "Repr-Digest": right, "Content-Digest": wrong })).status).toBe(400);
  expect((await fetch(`${server.url}${target}`)).status).toBe(404);
  expect((await send(target, bytes, { "Repr-Digest": `sha-512=:YQ==:, ${right}` })).status).toBe(201);
  expect((await send(target, bytes, { "Content-Digest": "sha-512=:YQ==:" })).status).toBe(200);
  expect((await send(staged, bytes, { "Content-Digest": right })).status).toBe(201);
  const ofChunk = `sha-256=:${Buffer.from(sha256(chunk), "hex").toString("base64")}:`;
  expect((await putChunkWith(ofChunk)).status).toBe(201);
});

test("nothing failed inside", async () => {
  const failures = server.log
    .map((line) => JSON.parse(line) as { code?: string })
    .filter((line) => line.code === "internal");
  expect(failures).toEqual([]);
});

test("other methods are refused by name", async () => {
  const response = await fetch(`${server.url}/v1/chunks/${sha256("x")}`, { method: "DELETE" });
  expect(response.status).toBe(405);
  expect(response.headers.get("Allow")).toBe("PUT");
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 5_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error("the condition was not met in time");
    await Bun.sleep(5);
  }
}
