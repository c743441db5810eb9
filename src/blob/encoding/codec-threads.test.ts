import { afterAll, expect, test } from "bun:test";
import { someBytes } from "../../../test/support/blobs.ts";
import { sha256 } from "../../hashing/digests.ts";
import { backgroundThreads, decoders } from "./codec-threads.ts";
import { CorruptEncodingError } from "./corrupt-encoding-error.ts";

const threads = backgroundThreads(2);
afterAll(() => threads[Symbol.dispose]());

/** Numbers of 32 bits around a value, and the same a little later. */
function numbers(count: number, change: number): Uint8Array<ArrayBuffer> {
  const noise = new Uint32Array(someBytes(count * 4, 3).buffer, 0, count);
  return new Uint8Array(Uint32Array.from(noise, (value, index) => value + change * (index % 3)).buffer);
}

test("a chunk is encoded against its base and decoded on other threads", async () => {
  const [bytes, base] = [numbers(500_000, 1), numbers(500_000, 0)];
  const expected = bytes.slice();
  const encoded = await threads.encode({ bytes, base });
  expect(bytes.byteLength).toBe(0);
  expect(Buffer.from(encoded.bytes).equals(expected)).toBe(true);
  expect(encoded.encoding).toBe("delta-grouped-zstd");
  const stored = encoded.stored ?? new Uint8Array();
  expect(stored.byteLength).toBeLessThan(expected.byteLength / 4);
  expect(encoded.sha256).toBe(sha256(stored));
  const { encoding, base: again } = encoded;
  const decoded = await decoders.decode({ encoding, stored, sizeBytes: expected.byteLength, base: again });
  expect(Buffer.from(decoded.bytes).equals(expected)).toBe(true);
  expect(decoded.base).toBeUndefined();
});

test("bytes that don't shrink stay raw, and those that repeat need no base", async () => {
  const noise = await threads.encode({ bytes: someBytes(300_000, 5), base: undefined });
  expect(noise).toMatchObject({ encoding: "raw", stored: undefined });
  expect(noise.bytes.byteLength).toBe(300_000);
  const base = someBytes(300_000, 6);
  const zeros = await threads.encode({ bytes: new Uint8Array(300_000), base });
  expect(zeros.encoding).toBe("zstd");
});

test("damaged bytes are told apart from failures, and the thread goes on", async () => {
  const stored = new Uint8Array([1, 2, 3]);
  const damaged = decoders.decode({ encoding: "grouped-zstd", stored, sizeBytes: 10, base: undefined });
  expect(damaged).rejects.toBeInstanceOf(CorruptEncodingError);
  await damaged.catch(() => undefined);
  const raw = { encoding: "raw" as const, stored: new Uint8Array(5), sizeBytes: 5, base: undefined };
  expect((await decoders.decode(raw)).bytes).toEqual(new Uint8Array(5));
});
