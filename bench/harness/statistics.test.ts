import { describe, expect, test } from "bun:test";
import type { Figure } from "./bench.ts";
import { interleave, isMet, median, noise, percentile, ratio } from "./statistics.ts";

test("the median does not depend on the order, and lies between the two middle ones", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([4, 1, 2, 9])).toBe(3);
});

test("a percentile lies between its neighbours", () => {
  const sample = Array.from({ length: 101 }, (_, index) => 100 - index);
  expect(percentile(sample, 95)).toBe(95);
  expect(percentile([0, 10], 25)).toBe(2.5);
  expect(() => percentile([], 50)).toThrow(RangeError);
});

test("noise is relative to the median", () => {
  expect(noise([90, 100, 110])).toBeCloseTo(0.1);
});

describe("an aim", () => {
  const figure: Figure = {
    name: "speed",
    unit: "MB/s",
    ours: [80, 75, 74],
    peer: { name: "cp", sample: [100] },
  };

  test("for a ratio holds the medians against each other", () => {
    expect(ratio(figure)).toBe(0.75);
    expect(isMet({ ...figure, aim: { of: "ratio", bound: "at least", limit: 0.75 } })).toBe(true);
    expect(isMet({ ...figure, aim: { of: "ratio", bound: "at least", limit: 0.76 } })).toBe(false);
  });

  test("for a value leaves the peer out", () => {
    expect(isMet({ ...figure, aim: { of: "value", bound: "at most", limit: 75 } })).toBe(true);
    expect(isMet({ ...figure, aim: { of: "value", bound: "at most", limit: 74 } })).toBe(false);
  });

  test("that is missing is neither met nor missed", () => {
    expect(isMet(figure)).toBeUndefined();
  });
});

test("contestants take turns, and every round begins with another", async () => {
  const order: string[] = [];
  const contestant = (name: string) => ({
    name,
    measure: (round: number) => {
      order.push(name);
      return Promise.resolve(round);
    },
  });
  const samples = await interleave(2, [contestant("A"), contestant("B")], () => {});
  expect(order).toEqual(["A", "B", "B", "A"]);
  expect(samples.get("B")).toEqual([0, 1]);
});
