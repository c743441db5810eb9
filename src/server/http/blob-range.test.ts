import { expect, test } from "bun:test";
import { contentRange, parseRange } from "./blob-range.ts";

const part = (offsetBytes: number, lengthBytes: number) => ({
  type: "part",
  range: { offsetBytes, lengthBytes },
});

test.each([
  ["bytes=0-0", part(0, 1)],
  ["bytes=0-99", part(0, 100)],
  ["bytes=10-19", part(10, 10)],
  ["bytes=90-", part(90, 10)],
  ["bytes=90-1000", part(90, 10)],
  ["bytes=90-99999999999999999999999", part(90, 10)],
  ["bytes=-10", part(90, 10)],
  ["bytes=-1000", part(0, 100)],
  ["BYTES=1-2", part(1, 2)],
  ["bytes= 1-2 ", part(1, 2)],
  ["bytes=0001-0002", part(1, 2)],
])("%s is a part", (header, expected) => {
  expect(parseRange(header, 100)).toEqual(expected as ReturnType<typeof parseRange>);
});

test.each(["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=99999999999999999999-"])(
  "%s is past the end",
  (header) => {
    expect(parseRange(header, 100)).toEqual({ type: "unsatisfiable" });
  },
);

test.each(["bytes=0-", "bytes=-1", "bytes=0-0"])("%s of an empty file is past its end", (header) => {
  expect(parseRange(header, 0)).toEqual({ type: "unsatisfiable" });
});

test.each([
  null,
  "",
  "bytes",
  "bytes=",
  "bytes=-",
  "bytes=5-2",
  "bytes=0-1,5-6",
  "bytes=a-b",
  "bytes=1.5-2",
  "bytes=--1",
  "lines=1-2",
  "bytes=0x1-2",
  "bytes =1-2",
])("%p is left unheeded", (header) => {
  expect(parseRange(header, 100)).toEqual({ type: "whole" });
});

test("says which part it is", () => {
  expect(contentRange({ offsetBytes: 10, lengthBytes: 5 }, 100)).toBe("bytes 10-14/100");
});
