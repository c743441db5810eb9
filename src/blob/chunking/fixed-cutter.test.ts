import { expect, test } from "bun:test";
import { fixedCutter } from "./fixed-cutter.ts";

test("cuts at the size, and takes what is left of a file", () => {
  const cutter = fixedCutter(4);
  expect(cutter.windowBytes).toBe(4);
  expect(cutter.nextLength(new Uint8Array(4))).toBe(4);
  expect(cutter.nextLength(new Uint8Array(3))).toBe(3);
  expect(fixedCutter().windowBytes).toBe(4 * 1024 * 1024);
});
