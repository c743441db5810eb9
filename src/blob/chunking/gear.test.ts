import { expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES } from "../../domain/limits.ts";
import { contentCut } from "./gear.ts";

/** The rule as docs/storage-layout.md has it, one byte after the other. */
function slowCut(bytes: Uint8Array, from: number, to: number): number | undefined {
  const last = Math.min(to, MAX_CHUNK_BYTES, bytes.length);
  for (let length = Math.max(from, MIN_CHUNK_BYTES); length <= last; length += 1) {
    if (hashAt(bytes, length) >>> (length < TARGET_CHUNK_BYTES ? 8 : 12) === 0) return length;
  }
  return undefined;
}

const gear = Array.from({ length: 256 }, (_, byte) =>
  Buffer.from(new Bun.CryptoHasher("sha256").update(Uint8Array.of(byte)).digest()).readUInt32LE(0),
);

function hashAt(bytes: Uint8Array, length: number): number {
  let hash = 0;
  for (let at = length - 32; at < length; at += 1) hash = (hash * 2 + gear[bytes[at]!]!) % 2 ** 32;
  return hash;
}

/** The 32 bytes after which a chunk ends: the first that a search over random bytes comes upon. */
const ending = (() => {
  let state = 1;
  const bytes = Uint8Array.from({ length: MAX_CHUNK_BYTES }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  for (let at = 0; at < 64; at += 1) {
    const rotated = Buffer.concat([bytes.subarray(at * 1001), bytes.subarray(0, at * 1001)]);
    const length = contentCut(rotated, MIN_CHUNK_BYTES, TARGET_CHUNK_BYTES - 1);
    if (length !== undefined) return rotated.subarray(length - 32, length);
    for (let index = 0; index < bytes.length; index += 1) bytes[index]! ^= rotated[index]! >>> 1;
  }
  throw new Error("no bytes that end a chunk were found");
})();

test("a search ends at the first place that the rule says, wherever it begins and ends", () => {
  const place = fc.integer({ min: MIN_CHUNK_BYTES - 40, max: MIN_CHUNK_BYTES + 70_000 });
  fc.assert(
    fc.property(fc.array(place, { maxLength: 4 }), place, place, place, (ends, from, to, size) => {
      const bytes = new Uint8Array(size);
      for (const end of ends) if (end <= size) bytes.set(ending, end - 32);
      expect(contentCut(bytes, from, to)).toBe(slowCut(bytes, from, to));
    }),
    { numRuns: 60 },
  );
});

test("around the target, where the rule changes", () => {
  for (const offset of [-20_000, -16_384, -4096, -1, 0, 1, 4096, 16_384, 20_000]) {
    const bytes = new Uint8Array(TARGET_CHUNK_BYTES + 40_000);
    bytes.set(ending, TARGET_CHUNK_BYTES + offset - 32);
    expect(contentCut(bytes, TARGET_CHUNK_BYTES - 30_000, bytes.length)).toBe(
      slowCut(bytes, TARGET_CHUNK_BYTES - 30_000, bytes.length),
    );
    expect(contentCut(bytes, MIN_CHUNK_BYTES, bytes.length)).toBe(TARGET_CHUNK_BYTES + offset);
  }
});
