import { expect, test } from "bun:test";
import fc from "fast-check";
import { decodePlain } from "../domain/plain-json.ts";
import { canonicalText, fingerprintOf } from "./fingerprint.ts";

test("the order of keys and undefined fields make no difference", () => {
  expect(fingerprintOf({ b: { y: 1, x: 2 }, a: [1n], c: undefined })).toBe(
    fingerprintOf({ a: [1n], b: { x: 2, y: 1 } }),
  );
});

test("what differs has another fingerprint", () => {
  const values = [1, 1n, "1", true, null, NaN, Infinity, [1], { a: 1 }, Uint8Array.of(1), "", [], {}];
  expect(new Set(values.map(fingerprintOf)).size).toBe(values.length);
  expect(fingerprintOf([1, 2])).not.toBe(fingerprintOf([2, 1]));
});

test("keeps the value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.stringify(decodePlain(canonicalText(decodePlain(canonicalText(value)))))).toBe(
        canonicalText(value),
      );
    }),
  );
});
