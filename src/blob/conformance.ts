import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { ObjectNotFoundError, ObjectTruncatedError, type BlobStore } from "../domain/blob-store.ts";
import { sha256 } from "../hashing/digests.ts";

/** A store under test. */
export interface BlobStoreUnderTest {
  readonly store: BlobStore;
  /** What writers and readers that have ended left behind; the suite expects nothing. */
  leftovers(): Promise<readonly string[]>;
  /** Closes the store and removes its data. */
  dispose(): Promise<void>;
}

/** A driver, and which tests it can't pass. */
export interface BlobStoreSuite {
  readonly name: string;
  create(): Promise<BlobStoreUnderTest>;
  readonly skip?: readonly { readonly test: string; readonly reason: string }[];
}

const KEY = "chunks/ab/cd/abcd.1";
const SHA256_OF_123 = sha256(new Uint8Array([1, 2, 3]));
const OTHER_KEY = "chunks/ab/ce/abce.1";

/** Runs the tests that every driver of the port must pass. */
export function testBlobStore(suite: BlobStoreSuite): void {
  const { name, skip = [] } = suite;
  describe(name, () => {
    let current: BlobStoreUnderTest | undefined;
    const store = (): BlobStore => {
      if (current === undefined) throw new Error("no store is open");
      return current.store;
    };

    beforeEach(async () => {
      current = await suite.create();
    });
    afterEach(async () => {
      const left = await current?.leftovers();
      await current?.dispose();
      current = undefined;
      expect(left).toEqual([]);
    });

    const names = new Set<string>();
    const check = (title: string, body: () => Promise<void>): void => {
      names.add(title);
      const reason = skip.find((one) => one.test === title)?.reason;
      if (reason === undefined) test(title, body);
      else test.skip(`${title} (${reason})`, body);
    };

    check("what was committed can be read whole", async () => {
      const bytes = randomBytes(700_000);
      await put(store(), KEY, bytes, 65_537);
      expect(await readAll(await store().read(KEY))).toEqual(bytes);
      expect(await store().stat(KEY)).toEqual({ sizeBytes: bytes.byteLength });
    });

    check("parts can be read", async () => {
      const bytes = randomBytes(600_000);
      await put(store(), KEY, bytes);
      for (const [offsetBytes, lengthBytes] of [
        [0, 1],
        [599_999, 1],
        [1, 300_000],
        [0, 600_000],
        [600_000, 0],
      ] as const) {
        const part = await readAll(await store().read(KEY, { offsetBytes, lengthBytes }));
        expect(part).toEqual(bytes.slice(offsetBytes, offsetBytes + lengthBytes));
      }
    });

    check("parts outside of an object are refused", async () => {
      await put(store(), KEY, randomBytes(10));
      for (const range of [
        { offsetBytes: 0, lengthBytes: 11 },
        { offsetBytes: 11, lengthBytes: 0 },
        { offsetBytes: -1, lengthBytes: 2 },
        { offsetBytes: 0, lengthBytes: -1 },
        { offsetBytes: 0.5, lengthBytes: 1 },
      ]) {
        expect(await rejection(store().read(KEY, range))).toBeInstanceOf(RangeError);
      }
    });

    check("a reader reads pieces in any order, and again", async () => {
      const bytes = randomBytes(300_000);
      await put(store(), KEY, bytes);
      await using reader = await store().openReader(KEY);
      expect(reader.sizeBytes).toBe(300_000);
      for (const offset of [0, 200_000, 100_000, 0, 200_000]) {
        const piece = new Uint8Array(100_000);
        await reader.read(piece, offset);
        expect(piece).toEqual(bytes.slice(offset, offset + 100_000));
      }
      expect(await rejection(reader.read(new Uint8Array(2), 299_999))).toBeInstanceOf(ObjectTruncatedError);
    });

    check("bytes are read and written in one piece", async () => {
      const bytes = randomBytes(600_000);
      await store().writeBytes(KEY, bytes, sha256(bytes));
      expect(await keysOf(store(), "")).toEqual([KEY]);
      await store().flush([KEY]);
      expect(await readAll(await store().read(KEY))).toEqual(bytes);
      for (const [offsetBytes, lengthBytes] of [
        [0, 600_000],
        [0, 1],
        [599_999, 1],
        [1, 300_000],
        [600_000, 0],
      ] as const) {
        const part = await store().readBytes(KEY, { offsetBytes, lengthBytes });
        expect(part).toEqual(bytes.slice(offsetBytes, offsetBytes + lengthBytes));
        expect(part.buffer.byteLength).toBe(lengthBytes);
      }
    });

    check("bytes that are not there are not read", async () => {
      const range = { offsetBytes: 0, lengthBytes: 11 };
      expect(await rejection(store().readBytes(KEY, range))).toBeInstanceOf(ObjectNotFoundError);
      const bytes = randomBytes(10);
      await store().writeBytes(KEY, bytes, sha256(bytes));
      for (const offsetBytes of [0, 9, 10, 11]) {
        const beyond = store().readBytes(KEY, { offsetBytes, lengthBytes: 11 });
        expect(await rejection(beyond)).toBeInstanceOf(ObjectTruncatedError);
      }
    });

    check("reads may overlap", async () => {
      const bytes = randomBytes(1_000_000);
      await put(store(), KEY, bytes);
      const copies = await Promise.all(
        Array.from({ length: 8 }, async () => readAll(await store().read(KEY))),
      );
      for (const copy of copies) expect(copy).toEqual(bytes);
    });

    check("a stream that is left early lets go", async () => {
      await put(store(), KEY, randomBytes(2_000_000));
      const reader = (await store().read(KEY)).getReader();
      await reader.read();
      await reader.cancel();
    });

    check("an empty object is an object", async () => {
      await put(store(), KEY, new Uint8Array(0));
      expect(await store().stat(KEY)).toEqual({ sizeBytes: 0 });
      expect(await readAll(await store().read(KEY))).toEqual(new Uint8Array(0));
    });

    check("nothing is visible before commit", async () => {
      await using writer = await store().openWriter(KEY, { sizeBytes: 3, sha256: SHA256_OF_123 });
      await writer.write(new Uint8Array([1, 2, 3]));
      expect(await store().stat(KEY)).toBeUndefined();
      expect(await keysOf(store(), "")).toEqual([]);
      expect(await rejection(store().read(KEY))).toBeInstanceOf(ObjectNotFoundError);
    });

    check("what is cancelled or disposed leaves nothing", async () => {
      const cancelled = await store().openWriter(KEY, { sizeBytes: 3, sha256: SHA256_OF_123 });
      await cancelled.write(new Uint8Array([1, 2, 3]));
      await cancelled.cancel();
      await cancelled.cancel();
      {
        await using disposed = await store().openWriter(KEY, { sizeBytes: 3, sha256: SHA256_OF_123 });
        await disposed.write(new Uint8Array([1]));
      }
      expect(await keysOf(store(), "")).toEqual([]);
      expect(await rejection(cancelled.write(new Uint8Array(1)))).toBeInstanceOf(Error);
      expect(await rejection(cancelled.commit())).toBeInstanceOf(Error);
    });

    check("cancelling after commit does nothing", async () => {
      const writer = await store().openWriter(KEY, { sizeBytes: 1 });
      await writer.write(new Uint8Array([7]));
      await writer.commit();
      await writer.cancel();
      await writer[Symbol.asyncDispose]();
      expect(await readAll(await store().read(KEY))).toEqual(new Uint8Array([7]));
    });

    check("another size than was promised is refused", async () => {
      await using short = await store().openWriter(KEY, { sizeBytes: 3, sha256: SHA256_OF_123 });
      await short.write(new Uint8Array(2));
      expect(await rejection(short.commit())).toBeInstanceOf(Error);
      await using long = await store().openWriter(OTHER_KEY, { sizeBytes: 3, sha256: SHA256_OF_123 });
      await long.write(new Uint8Array(2));
      expect(await rejection(long.write(new Uint8Array(2)))).toBeInstanceOf(Error);
      expect(await keysOf(store(), "")).toEqual([]);
    });

    check("the array that was written may be used again", async () => {
      const buffer = new Uint8Array(1000);
      const whole = Uint8Array.from({ length: 3000 }, (_, index) => 1 + Math.floor(index / 1000));
      const sha256 = new Bun.CryptoHasher("sha256").update(whole).digest("hex");
      await using writer = await store().openWriter(KEY, { sizeBytes: 3000, sha256 });
      for (const value of [1, 2, 3]) {
        buffer.fill(value);
        await writer.write(buffer);
      }
      await writer.commit();
      expect(await readAll(await store().read(KEY))).toEqual(whole);
    });

    check("many writers at once do not disturb each other", async () => {
      const objects = Array.from({ length: 32 }, (_, index) => ({
        key: `chunks/00/${String(index).padStart(2, "0")}/x.${index}`,
        bytes: randomBytes(50_000 + index),
      }));
      await Promise.all(objects.map(({ key, bytes }) => put(store(), key, bytes, 10_000)));
      await store().flush(objects.map(({ key }) => key));
      for (const { key, bytes } of objects) expect(await readAll(await store().read(key))).toEqual(bytes);
    });

    check("flush takes what is there, again and again", async () => {
      await put(store(), KEY, randomBytes(100));
      await put(store(), OTHER_KEY, randomBytes(100));
      await store().flush([]);
      await store().flush([KEY, OTHER_KEY, KEY]);
      await store().flush([KEY]);
      expect(await rejection(store().flush([KEY, "chunks/ff/ff/none.1"]))).toBeInstanceOf(
        ObjectNotFoundError,
      );
      await store().flush([OTHER_KEY]);
    });

    check("what is absent is said to be absent", async () => {
      expect(await store().stat(KEY)).toBeUndefined();
      expect(await rejection(store().read(KEY))).toBeInstanceOf(ObjectNotFoundError);
      expect(await rejection(store().openReader(KEY))).toBeInstanceOf(ObjectNotFoundError);
      await store().delete(KEY);
    });

    check("what is deleted is gone", async () => {
      await put(store(), KEY, randomBytes(10));
      await put(store(), OTHER_KEY, randomBytes(10));
      await store().delete(KEY);
      await store().delete(KEY);
      expect(await keysOf(store(), "")).toEqual([OTHER_KEY]);
    });

    check("lists by prefix, with sizes and times", async () => {
      const before = Date.now() * 1000 - 5_000_000;
      await put(store(), KEY, randomBytes(10));
      await put(store(), OTHER_KEY, randomBytes(20));
      await put(store(), "packs/01/pack.1", randomBytes(30));
      expect(await keysOf(store(), "chunks/")).toEqual([KEY, OTHER_KEY]);
      expect(await keysOf(store(), "chunks/ab/c")).toEqual([KEY, OTHER_KEY]);
      expect(await keysOf(store(), "chunks/ab/cd/")).toEqual([KEY]);
      expect(await keysOf(store(), "packs")).toEqual(["packs/01/pack.1"]);
      expect(await keysOf(store(), "none/")).toEqual([]);
      for await (const { key, sizeBytes, modifiedAt } of store().list("packs/")) {
        expect({ key, sizeBytes }).toEqual({ key: "packs/01/pack.1", sizeBytes: 30 });
        expect(modifiedAt).toBeGreaterThan(before);
        expect(modifiedAt).toBeLessThan(Date.now() * 1000 + 5_000_000);
      }
    });

    check("keys that could lead out are refused", async () => {
      const keys = [
        "",
        "/",
        "../x",
        "chunks/../../x",
        "chunks//x",
        "/etc/x",
        "a/./b",
        "A",
        "a\\b",
        "a\0b",
        "a b",
        "%2e%2e/x",
      ];
      for (const key of [...keys, "x".repeat(300), `${"a/".repeat(20)}x`]) {
        expect(await rejection(store().openWriter(key, { sizeBytes: 0 }))).toBeInstanceOf(Error);
        expect(await rejection(store().read(key))).toBeInstanceOf(Error);
        expect(await rejection(store().stat(key))).toBeInstanceOf(Error);
        expect(await rejection(store().delete(key))).toBeInstanceOf(Error);
      }
    });

    check("is ready", () => store().check());

    test("skips only tests that there are", () => {
      expect(skip.filter((one) => !names.has(one.test))).toEqual([]);
    });
  });
}

/** Stores an object, in pieces if they are asked for. */
export async function put(
  store: BlobStore,
  key: string,
  bytes: Uint8Array,
  pieceBytes = bytes.byteLength,
): Promise<void> {
  const sha256 = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
  await using writer = await store.openWriter(key, { sizeBytes: bytes.byteLength, sha256 });
  for (let begin = 0; begin < bytes.byteLength; begin += pieceBytes) {
    await writer.write(bytes.subarray(begin, begin + pieceBytes));
  }
  await writer.commit();
}

/** The bytes of a stream. */
export function readAll(stream: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  return new Response(stream).bytes();
}

/** Keys that a store lists, sorted. */
export async function keysOf(store: BlobStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys.sort();
}

/** What a promise, or a call before it, fails with; undefined when it does not. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

function randomBytes(sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const step = 65_536;
  for (let begin = 0; begin < sizeBytes; begin += step)
    crypto.getRandomValues(bytes.subarray(begin, begin + step));
  return bytes;
}
