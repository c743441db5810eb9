import { expect, test } from "bun:test";
import fc from "fast-check";
import { codeLengths } from "./huffman-lengths.ts";
import { compressLiterals } from "./literal-frame.ts";
import { decompress } from "./zstd-frame.ts";

/** Bytes that are as frequent as their weights, the same for a seed. */
function bytesOf(weights: readonly number[], size: number, seed: number): Uint8Array<ArrayBuffer> {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let state = seed;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    let left = (state / 2 ** 32) * total;
    return Math.max(
      0,
      weights.findIndex((weight) => (left -= weight) < 0),
    );
  });
}

const weightLists = fc
  .tuple(
    fc.array(fc.oneof(fc.constant(0), fc.double({ min: 0, max: 12, noNaN: true })), {
      minLength: 1,
      maxLength: 256,
    }),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([powers, steepness]) => powers.map((power) => (power === 0 ? 0 : 2 ** (power * steepness))));

test("Zstandard reads what was written, for bytes of any frequencies", () => {
  fc.assert(
    fc.property(weightLists, fc.integer({ min: 0, max: 6_000 }), fc.nat(), (weights, size, seed) => {
      const bytes = bytesOf(weights, size, seed);
      const frame = compressLiterals(bytes).slice();
      expect(decompress(frame, size)).toEqual(bytes);
      expect(frame.byteLength).toBeLessThanOrEqual(size + 12);
    }),
    { numRuns: 1_500 },
  );
});

test("frames of several blocks, each with codes of its own", () => {
  const pieces = [
    bytesOf([8, 4, 2, 1], 150_000, 1),
    new Uint8Array(150_000).fill(7),
    bytesOf(
      Array.from({ length: 256 }, () => 1),
      150_000,
      2,
    ),
    bytesOf(
      Array.from({ length: 256 }, (_, byte) => 1.1 ** -byte),
      150_000,
      3,
    ),
  ];
  const bytes = new Uint8Array(Buffer.concat(pieces));
  const frame = compressLiterals(bytes).slice();
  expect(Buffer.from(decompress(frame, bytes.byteLength)).equals(bytes)).toBe(true);
  expect(frame.byteLength).toBeLessThan(330_000);
});

test("no code is longer than it may be, and none is left unused", () => {
  const counts = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 2 ** 17 }), fc.constant(1)), {
    minLength: 2,
    maxLength: 256,
  });
  const steep = fc.integer({ min: 2, max: 40 }).map((length) => {
    const fibonacci = [1, 1];
    while (fibonacci.length < length) fibonacci.push((fibonacci.at(-1) ?? 0) + (fibonacci.at(-2) ?? 0));
    return fibonacci;
  });
  fc.assert(
    fc.property(fc.oneof(counts, steep), (values) => {
      const table = new Uint32Array(256);
      table.set(values);
      const lengths = codeLengths(table);
      const used = values.filter((value) => value > 0).length;
      if (used < 2) return lengths === undefined;
      expect(lengths?.filter((length) => length > 0)).toHaveLength(used);
      expect(Math.max(...(lengths ?? []))).toBeLessThanOrEqual(11);
      return lengths?.reduce((sum, length) => sum + (length === 0 ? 0 : 2 ** -length), 0) === 1;
    }),
    { numRuns: 2_000 },
  );
});
