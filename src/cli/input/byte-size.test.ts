import { expect, test } from "bun:test";
import { parseByteSize } from "./byte-size.ts";

test("sizes are read with units of both kinds", () => {
  const sizes = { "0": 0n, "1048576": 1_048_576n, "500GB": 500_000_000_000n, "1.5 TiB": 1_649_267_441_664n };
  for (const [text, bytes] of Object.entries(sizes))
    expect([text, parseByteSize(text)]).toEqual([text, bytes]);
  expect(parseByteSize("2gib")).toBe(2n << 30n);
  expect(parseByteSize("0.3B")).toBe(0n);
});

test("what is no size is refused, with an example", () => {
  for (const text of ["", "GB", "-1", "1e9", "5 parsec", "1,5GB", "1.GB"])
    expect(() => parseByteSize(text)).toThrow("500GB");
  expect(() => parseByteSize("9PiB")).toThrow("more than");
});
