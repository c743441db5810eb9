import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { compareBytes } from "./compare-bytes.ts";
import { MATCH_KEY_LENGTH, keyHoldsText, labelKey, metricKey, numberKey, textKey } from "./match-key.ts";

const numbers = fc.double({ noNaN: true });
const texts = fc.string({ unit: "binary", maxLength: 100 });

describe("match keys", () => {
  test("of numbers sort as the numbers do", () => {
    const property = fc.property(numbers, numbers, (a, b) => {
      const order = a < b ? -1 : a > b ? 1 : 0;
      expect(Math.sign(compareBytes(numberKey(a), numberKey(b)))).toBe(order);
    });
    fc.assert(property, {
      numRuns: 2000,
      examples: [
        [0, -0],
        [-Infinity, -Number.MAX_VALUE],
        [5e-324, -5e-324],
      ],
    });
  });

  test("of NaN is none of the numbers", () => {
    expect(numberKey(Number.NaN) > numberKey(Number.POSITIVE_INFINITY)).toBe(true);
    expect(numberKey(Number.NaN).startsWith("n")).toBe(false);
  });

  test("of texts never contradict the order of the texts, and are short", () => {
    const property = fc.property(texts, texts, (a, b) => {
      const order = compareBytes(textKey(a), textKey(b));
      if (order !== 0) expect(Math.sign(order)).toBe(Math.sign(compareBytes(a, b)));
      expect(textKey(a).length).toBeLessThanOrEqual(MATCH_KEY_LENGTH);
      expect(textKey(a).isWellFormed()).toBe(true);
      if (keyHoldsText(a) && textKey(a) === textKey(b)) expect(a).toBe(b);
    });
    fc.assert(property, { numRuns: 2000 });
    const long = "x".repeat(61);
    expect(keyHoldsText(long)).toBe(true);
    expect(textKey(`${long}\u{1f600}a`)).toBe(textKey(`${long}\u{1f600}b`));
    expect(keyHoldsText(`${long}\u{1f600}`)).toBe(false);
  });

  test("of different types are never equal", () => {
    const keys = ["true", 1, true, null, [1], "", "1", "null"].map((value) => labelKey(value));
    expect(new Set(keys).size).toBe(keys.length);
    expect(metricKey(new Uint8Array([1]))).not.toBe(metricKey("\u0001"));
  });
});
