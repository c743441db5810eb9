import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, setSystemTime, test } from "bun:test";
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../../../test/support/s3-server.ts";
import { ObjectNotFoundError } from "../../domain/blob-store.ts";
import type { UploadAddress } from "../../domain/direct-transfer.ts";
import { rejection } from "../conformance.ts";
import type { S3DirectTransfer } from "./direct.ts";
import { ObjectNames } from "./object-names.ts";
import type { S3BlobStoreOptions } from "./options.ts";
import { probeDirect } from "./probe-direct.ts";
import { S3Requests } from "./requests.ts";
import { S3BlobStore } from "./store.ts";
import { heldBy, optionsFor } from "./testing.ts";

const KEY = "chunks/ab/abcd.1";
const LIFE_SECONDS = 60;
const bytes = new TextEncoder().encode("some bytes");
const digest = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
const chunk = { leaseId: "lease-1", digest };

let server: S3Server;
let options: S3BlobStoreOptions;
let store: S3BlobStore;
let direct: S3DirectTransfer;

beforeAll(async () => {
  server = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => server?.[Symbol.asyncDispose]());
beforeEach(async () => {
  options = optionsFor(server, { prefix: "models" });
  store = await S3BlobStore.open(options);
  direct = await store.openDirect(options);
});
afterEach(async () => {
  const left = await heldBy(store, options);
  await store[Symbol.asyncDispose]();
  expect(left).toEqual([]);
});

function put({ url, headers }: UploadAddress, body = bytes): Promise<Response> {
  return fetch(url, { method: "PUT", headers, body });
}

/** Files of what clients have put and nobody has taken in. */
function staged(): string[] {
  const folder = server.folderOf(options.bucket);
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.parentPath.includes("/models/.staging/"))
    .map((entry) => join(entry.parentPath, entry.name));
}

describe("bytes that a client puts itself", () => {
  test("are apart until they are accepted, and readable then", async () => {
    expect(await direct.stagedSize(chunk)).toBeUndefined();
    const address = await direct.uploadAddress(chunk, bytes.byteLength, LIFE_SECONDS);
    expect((await put(address)).ok).toBe(true);
    expect(await direct.stagedSize(chunk)).toBe(bytes.byteLength);
    expect(await Array.fromAsync(store.list(""))).toEqual([]);
    await direct.accept(chunk, KEY);
    await store.flush([KEY]);
    expect(await store.stat(KEY)).toEqual({ sizeBytes: bytes.byteLength });
    await direct.discard(chunk);
    await direct.discard(chunk);
    expect(staged()).toEqual([]);
    const answer = await fetch(await direct.downloadAddress(KEY, LIFE_SECONDS));
    expect(await answer.bytes()).toEqual(bytes);
  });

  test("that never came can't be accepted", async () => {
    expect(await rejection(direct.accept(chunk, KEY))).toBeInstanceOf(ObjectNotFoundError);
    expect(await store.stat(KEY)).toBeUndefined();
  });

  test("are those of the digest, or are refused", async () => {
    const address = await direct.uploadAddress(chunk, bytes.byteLength, LIFE_SECONDS);
    expect((await put(address, bytes.toReversed())).ok).toBe(false);
    expect((await put(address, bytes.subarray(1))).ok).toBe(false);
    expect((await put({ ...address, headers: {} })).ok).toBe(false);
    expect(await direct.stagedSize(chunk)).toBeUndefined();
  });

  test("are discarded once they are old, and not before", async () => {
    await put(await direct.uploadAddress(chunk, bytes.byteLength, LIFE_SECONDS));
    expect(await direct.discardOlder(3_600_000)).toBe(0);
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    for (const path of staged()) utimesSync(path, yesterday, yesterday);
    expect(await direct.discardOlder(3_600_000)).toBe(1);
    expect(staged()).toEqual([]);
  });

  test("are discarded by the start of any server, when they are older than a day", async () => {
    await put(await direct.uploadAddress(chunk, bytes.byteLength, LIFE_SECONDS));
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    for (const path of staged()) utimesSync(path, yesterday, yesterday);
    await using _second = await S3BlobStore.open(options);
    expect(staged()).toEqual([]);
  });
});

test("an address stops working when its time is over", async () => {
  setSystemTime(new Date(Date.now() - 2 * LIFE_SECONDS * 1000));
  const upload = await direct.uploadAddress(chunk, bytes.byteLength, LIFE_SECONDS);
  const download = await direct.downloadAddress(KEY, LIFE_SECONDS);
  setSystemTime();
  for (const answer of [await put(upload), await fetch(download)]) {
    expect(answer.status).toBe(403);
    expect(await answer.text()).toContain("expired");
  }
});

test("a store that takes whatever comes is refused, with the key to set", async () => {
  using lax = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(null) });
  const careless = Object.assign(Object.create(direct) as S3DirectTransfer, {
    uploadAddress: async () => ({ url: lax.url.href, headers: {} }),
    discard: async () => undefined,
  });
  await using requests = new S3Requests(options, undefined);
  const probing = probeDirect(careless, requests, new ObjectNames(options.prefix), undefined);
  expect(await rejection(probing)).toMatchObject({
    name: "SettingError",
    setting: "blob_transfer",
    message: expect.stringContaining('set blob_transfer = "proxy"'),
  });
});
