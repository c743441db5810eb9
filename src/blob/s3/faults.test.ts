import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, setSystemTime, test } from "bun:test";
import { truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../../../test/support/s3-server.ts";
import { startTcpProxy, type TcpProxy } from "../../../test/support/tcp-proxy.ts";
import { ObjectNotFoundError, ObjectTruncatedError } from "../../domain/blob-store.ts";
import { sha256 } from "../../hashing/digests.ts";
import { keysOf, put, readAll, rejection } from "../conformance.ts";
import type { S3BlobStoreOptions } from "./options.ts";
import type { StoreRetry } from "./retry.ts";
import { S3BlobStore } from "./store.ts";
import { heldBy, optionsFor, SHORT_PATIENCE } from "./testing.ts";

const KEY = "chunks/ab/cd/abcd.1";
const CHUNK_BYTES = 4 * 1024 * 1024;
const MIB = 1024 * 1024;
const WHOLE = { offsetBytes: 0, lengthBytes: 100_000 };

const failed = { name: "DomainError", kind: "unavailable", reason: "STORAGE_FAILED" };

let server: S3Server;
let proxy: TcpProxy;
let options: S3BlobStoreOptions;
let store: S3BlobStore;

beforeAll(async () => {
  server = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => server?.[Symbol.asyncDispose]());

beforeEach(async () => {
  proxy = await startTcpProxy(server);
  options = optionsFor(server, { endpoint: `http://${proxy.host}:${proxy.port}`, partSizeBytes: 5 * MIB });
  store = await S3BlobStore.open(options);
});
afterEach(async () => {
  setSystemTime();
  proxy.heal();
  const left = await heldBy(store, options);
  await store[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
  expect(left).toEqual([]);
});

function bytesOf(sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  for (let begin = 0; begin < sizeBytes; begin += 65_536) {
    crypto.getRandomValues(bytes.subarray(begin, begin + 65_536));
  }
  return bytes;
}

/** An answer of HTTP with an error of S3. */
function answer(status: number, code: string): string {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>made up</Message></Error>`;
  return `HTTP/1.1 ${status} X\r\nContent-Type: application/xml\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`;
}

const passing = [
  ["500 InternalError", { kind: "answer", text: answer(500, "InternalError") }],
  ["503 SlowDown", { kind: "answer", text: answer(503, "SlowDown") }],
  ["503 of something in between", { kind: "answer", text: "HTTP/1.1 503 X\r\nContent-Length: 0\r\n\r\n" }],
  ["a dropped connection", { kind: "drop" }],
  ["a connection that breaks in the head of an answer", { kind: "cut", direction: "down", afterBytes: 10 }],
] as const;

describe.each(passing)("what passes by itself is not seen: %s", (_, fault) => {
  test("while an object is written, looked at, listed and removed", async () => {
    const bytes = bytesOf(100_000);
    proxy.inject(fault, 2);
    await put(store, KEY, bytes);
    proxy.inject(fault, 2);
    expect(await store.stat(KEY)).toEqual({ sizeBytes: 100_000 });
    proxy.inject(fault, 2);
    expect(await keysOf(store, "")).toEqual([KEY]);
    proxy.inject(fault, 2);
    expect(await readAll(await store.read(KEY))).toEqual(bytes);
    proxy.inject(fault, 2);
    expect(await store.readBytes(KEY, WHOLE)).toEqual(bytes);
    proxy.inject(fault, 2);
    await store.delete(KEY);
    expect(await keysOf(store, "")).toEqual([]);
    proxy.inject(fault, 2);
    await store.writeBytes(KEY, bytes, sha256(bytes));
    expect(await store.readBytes(KEY, WHOLE)).toEqual(bytes);
  });

  test("while an object is written in parts", async () => {
    const bytes = bytesOf(11 * MIB);
    await using writer = await store.openWriter(KEY, { sizeBytes: bytes.byteLength });
    for (let begin = 0; begin < bytes.byteLength; begin += 5 * MIB + 7) {
      proxy.inject(fault, 1);
      await writer.write(bytes.subarray(begin, begin + 5 * MIB + 7));
    }
    expect(await keysOf(store, "")).toEqual([]);
    proxy.inject(fault, 1);
    await writer.commit();
    expect(Buffer.from(await readAll(await store.read(KEY))).equals(bytes)).toBe(true);
  });
});

test("a connection that breaks in the middle of a body, up or down, is made good", async () => {
  const bytes = bytesOf(CHUNK_BYTES);
  proxy.inject({ kind: "cut", direction: "up", afterBytes: MIB }, 2);
  await put(store, KEY, bytes, 300_000);
  proxy.inject({ kind: "cut", direction: "down", afterBytes: MIB }, 3);
  await using reader = await store.openReader(KEY);
  const copy = new Uint8Array(CHUNK_BYTES);
  for (let begin = 0; begin < CHUNK_BYTES; begin += MIB)
    await reader.read(copy.subarray(begin, begin + MIB), begin);
  expect(copy).toEqual(bytes);
  proxy.inject({ kind: "cut", direction: "down", afterBytes: MIB }, 3);
  expect(await store.readBytes(KEY, { offsetBytes: 0, lengthBytes: CHUNK_BYTES })).toEqual(bytes);
});

test("a connection that breaks while nobody reads is made good, or let go", async () => {
  const bytes = bytesOf(CHUNK_BYTES);
  await put(store, KEY, bytes);
  await using reader = await store.openReader(KEY);
  await using unread = await store.openReader(KEY);
  expect(unread.sizeBytes).toBe(CHUNK_BYTES);
  const before = store.held.requests;
  proxy.inject({ kind: "delay", ms: 1 });
  while (store.held.requests === before) await Bun.sleep(1);
  const copy = new Uint8Array(CHUNK_BYTES);
  await reader.read(copy, 0);
  expect(copy).toEqual(bytes);
});

describe("without room for buffers", () => {
  let streaming: S3BlobStore;

  beforeEach(async () => {
    streaming = await S3BlobStore.open({ ...options, bufferBytes: 0 });
  });
  afterEach(() => streaming[Symbol.asyncDispose]());

  test.each(passing)("a write has one attempt, which tells of %s and leaves nothing", async (_, fault) => {
    const bytes = bytesOf(1_000_000);
    proxy.inject(fault, 1);
    expect(await rejection(put(streaming, KEY, bytes, 100_000))).toMatchObject(failed);
    expect(await keysOf(streaming, "")).toEqual([]);
    await put(streaming, KEY, bytes, 100_000);
    expect(await readAll(await streaming.read(KEY))).toEqual(bytes);
    expect(streaming.held).toEqual({ requests: 0, bytes: 0 });
  });

  test("a connection that breaks in the middle of a body leaves nothing", async () => {
    proxy.inject({ kind: "cut", direction: "up", afterBytes: MIB }, 1);
    expect(await rejection(put(streaming, KEY, bytesOf(CHUNK_BYTES), 100_000))).toMatchObject(failed);
    expect(await keysOf(streaming, "")).toEqual([]);
    expect(streaming.held).toEqual({ requests: 0, bytes: 0 });
  });

  test("all bytes but a commit leave nothing", async () => {
    const bytes = bytesOf(300_000);
    const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    const writer = await streaming.openWriter(KEY, { sizeBytes: bytes.byteLength, sha256 });
    await writer.write(bytes);
    await writer.cancel();
    expect(await keysOf(streaming, "")).toEqual([]);
    expect(streaming.held).toEqual({ requests: 0, bytes: 0 });
  });

  test("bytes that are not the digest's are refused", async () => {
    await using writer = await streaming.openWriter(KEY, { sizeBytes: 3, sha256: "0".repeat(64) });
    await writer.write(new Uint8Array([1, 2, 3]));
    expect(await rejection(writer.commit())).toMatchObject(failed);
    expect(await keysOf(streaming, "")).toEqual([]);
  });

  test("a slow writer keeps nobody waiting", async () => {
    const other = await S3BlobStore.open({ ...options, bufferBytes: 128 * 1024 });
    const slow = await other.openWriter("chunks/aa/aa/slow.1", {
      sizeBytes: 100_000,
      sha256: "0".repeat(64),
    });
    await slow.write(new Uint8Array(10));
    await put(other, KEY, bytesOf(100_000));
    await slow.cancel();
    await other[Symbol.asyncDispose]();
  });
});

test("what lasts is told after a few attempts, and leaves nothing", async () => {
  proxy.inject({ kind: "cut", direction: "up", afterBytes: 100_000 });
  expect(await rejection(put(store, KEY, bytesOf(1_000_000)))).toMatchObject(failed);
  for (const fault of [{ kind: "answer", text: answer(503, "SlowDown") }, { kind: "drop" }] as const) {
    proxy.inject(fault);
    const before = proxy.connections;
    expect(await rejection(put(store, KEY, bytesOf(1_000_000)))).toMatchObject(failed);
    expect(proxy.connections - before).toBeLessThanOrEqual(SHORT_PATIENCE.maxAttempts + 1);
    expect(await rejection(store.stat(KEY))).toMatchObject(failed);
    expect(await rejection(store.read(KEY))).toMatchObject(failed);
    expect(await rejection(store.readBytes(KEY, WHOLE))).toMatchObject(failed);
    expect(
      await rejection(store.writeBytes(KEY, new Uint8Array(1), sha256(new Uint8Array(1)))),
    ).toMatchObject(failed);
    expect(await rejection(keysOf(store, ""))).toMatchObject(failed);
    expect(await rejection(store.delete(KEY))).toMatchObject(failed);
    expect(await rejection(store.check())).toMatchObject(failed);
    proxy.heal();
    expect(await keysOf(store, "")).toEqual([]);
  }
});

test("every attempt that is followed by another is told, without the signed address", async () => {
  const retries: StoreRetry[] = [];
  await using other = await S3BlobStore.open({ ...options, onRetry: (retry) => void retries.push(retry) });
  await put(other, KEY, bytesOf(100_000));
  proxy.inject({ kind: "answer", text: answer(503, "SlowDown") }, 2);
  await other.readBytes(KEY, WHOLE);
  proxy.inject({ kind: "drop" }, 1);
  await other.readBytes(KEY, WHOLE);
  expect(retries).toMatchObject([
    { attempt: 1, delayMs: expect.any(Number), error: { name: "BusyStoreError", code: "SlowDown" } },
    { attempt: 2, error: { name: "BusyStoreError" } },
    { attempt: 1, error: { name: "StoreConnectionError" } },
  ]);
  for (const { error } of retries) expect(Bun.inspect(error)).not.toContain("X-Amz-");
});

test("a download whose connections always break ends with an error, not with fewer bytes", async () => {
  await put(store, KEY, bytesOf(CHUNK_BYTES));
  const stream = await store.read(KEY);
  proxy.inject({ kind: "cut", direction: "down", afterBytes: 50_000 });
  expect(await rejection(readAll(stream))).toMatchObject(failed);
  expect(await rejection(store.readBytes(KEY, WHOLE))).toMatchObject(failed);
});

test("a store that falls silent is given up", async () => {
  const impatient = {
    ...options,
    patience: { ...SHORT_PATIENCE, answerMs: 200, stallMs: 200, maxAttempts: 2 },
  };
  await using other = await S3BlobStore.open(impatient);
  await put(other, KEY, bytesOf(10));
  proxy.inject({ kind: "hang" });
  expect(await rejection(other.stat(KEY))).toMatchObject(failed);
  expect(await rejection(other.check())).toMatchObject(failed);
  expect(await rejection(other.readBytes(KEY, { offsetBytes: 0, lengthBytes: 10 }))).toMatchObject(failed);
  proxy.heal();
  expect(await other.stat(KEY)).toEqual({ sizeBytes: 10 });
  expect(other.held).toEqual({ requests: 0, bytes: 0 });
});

test("slow is not broken", async () => {
  proxy.inject({ kind: "delay", ms: 50 });
  const bytes = bytesOf(300_000);
  await put(store, KEY, bytes);
  expect(await readAll(await store.read(KEY))).toEqual(bytes);
});

test("disposing ends what runs", async () => {
  const other = await S3BlobStore.open(options);
  proxy.inject({ kind: "hang" });
  const looking = rejection(other.stat(KEY));
  const held = () => other.held.requests;
  const reading = rejection(other.readBytes(KEY, WHOLE));
  while (held() < 2) await new Promise(setImmediate);
  await other[Symbol.asyncDispose]();
  expect(await looking).toBeInstanceOf(Error);
  expect(await reading).toBeInstanceOf(Error);
  expect(held()).toBe(0);
});

test("an object that is shorter than it was is never taken for whole", async () => {
  await put(store, KEY, bytesOf(100_000));
  truncateSync(join(server.folderOf(options.bucket), KEY), 60_000);
  await using reader = await store.openReader(KEY);
  expect(await rejection(reader.read(new Uint8Array(100_000), 0))).toBeInstanceOf(ObjectTruncatedError);
  expect(await rejection(store.readBytes(KEY, WHOLE))).toBeInstanceOf(ObjectTruncatedError);
  expect(await rejection(store.read(KEY, { offsetBytes: 0, lengthBytes: 100_000 }))).toBeInstanceOf(
    RangeError,
  );
});

test("an object that gets shorter while it is read fails its reader", async () => {
  await put(store, KEY, bytesOf(100_000));
  await using reader = await store.openReader(KEY);
  await reader.read(new Uint8Array(1), 99_999);
  truncateSync(join(server.folderOf(options.bucket), KEY), 60_000);
  expect(await rejection(reader.read(new Uint8Array(1_000), 99_000))).toBeInstanceOf(ObjectTruncatedError);
});

test("bytes that change on their way are refused by the store", async () => {
  await using writer = await store.openWriter(KEY, { sizeBytes: 3, sha256: "0".repeat(64) });
  await writer.write(new Uint8Array([1, 2, 3]));
  expect(await rejection(writer.commit())).toMatchObject(failed);
  expect(await keysOf(store, "")).toEqual([]);
});

test("absent is only said when the store said so", async () => {
  expect(await rejection(store.read(KEY))).toBeInstanceOf(ObjectNotFoundError);
  const page = "<html>404</html>";
  const text = `HTTP/1.1 404 X\r\nContent-Length: ${page.length}\r\nConnection: close\r\n\r\n${page}`;
  proxy.inject({ kind: "answer", text });
  expect(await rejection(store.stat(KEY))).toMatchObject(failed);
  expect(await rejection(store.read(KEY))).toMatchObject(failed);
  expect(await rejection(store.readBytes(KEY, WHOLE))).toMatchObject(failed);
  expect(await rejection(store.flush([KEY]))).toMatchObject(failed);
});

const wrong = [
  [
    "other bytes than those asked for",
    "206 X\r\nContent-Range: bytes 1-10/11\r\nContent-Length: 10",
    "x".repeat(10),
  ],
  ["more bytes than were asked for", "200 X\r\nContent-Length: 11", "x".repeat(11)],
  ["bytes without saying how many", "200 X", "x".repeat(10)],
  ["fewer bytes than announced", "206 X\r\nContent-Range: bytes 0-9/10\r\nContent-Length: 9", "x".repeat(9)],
  ["bytes that are compressed", "200 X\r\nContent-Length: 10\r\nContent-Encoding: gzip", "x".repeat(10)],
  ["a way to another server", "307 X\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0", ""],
] as const;

test.each(wrong)("an answer with %s is not taken", async (_, head, body) => {
  proxy.inject({ kind: "answer", text: `HTTP/1.1 ${head}\r\nConnection: close\r\n\r\n${body}` });
  expect(await rejection(store.readBytes(KEY, { offsetBytes: 0, lengthBytes: 10 }))).toMatchObject(failed);
});

test("the whole object is taken where a store leaves ranges unheeded", async () => {
  const text = "HTTP/1.1 200 X\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789";
  proxy.inject({ kind: "answer", text });
  const bytes = await store.readBytes(KEY, { offsetBytes: 0, lengthBytes: 10 });
  expect(Buffer.from(bytes).toString()).toBe("0123456789");
});

test("what is no object of the store is not listed", async () => {
  await put(store, KEY, bytesOf(10));
  writeFileSync(join(server.folderOf(options.bucket), "Other File"), "x");
  expect(await keysOf(store, "")).toEqual([KEY]);
});

test("an upload that is cancelled after some parts is aborted", async () => {
  await using writer = await store.openWriter(KEY, { sizeBytes: 11 * MIB });
  await writer.write(bytesOf(6 * MIB));
  await writer.cancel();
  // afterEach finds no upload, and no memory.
});

test("the clocks may differ, but not by an hour", async () => {
  setSystemTime(new Date(Date.now() + 3_600_000));
  expect(await rejection(store.check())).toMatchObject({
    ...failed,
    message: expect.stringContaining("clocks"),
  });
  expect(await rejection(S3BlobStore.open(options))).toMatchObject({
    name: "SettingError",
    setting: "endpoint",
    message: expect.stringMatching(/clocks .* NTP/),
  });
});
