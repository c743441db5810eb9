import { expect, test } from "bun:test";
import { groupSmallFiles } from "./small-files.ts";

const fileOf = (path: string, sizeBytes: number, sha256 = "0".repeat(64)) => ({
  id: path,
  path,
  sizeBytes,
  sha256,
});
const limits = { maxFiles: 3, maxBytes: 1_000 };
const pathsOf = (files: readonly { readonly path: string }[]) => files.map(({ path }) => path).join("");

test("small files are grouped in order, within the server's limits", () => {
  const sizes = [10, 10, 10, 10, 500, 490, 1, 500, 500, 501];
  const files = sizes.map((size, index) => fileOf(String(index), size));
  const { groups, others } = groupSmallFiles(files, limits, 501);
  expect(groups.map(pathsOf)).toEqual(["012", "345", "67", "8", "9"]);
  expect(others).toEqual([]);
});

test("empty and large files, and those without a verified digest, go by themselves", () => {
  const files = [fileOf("a", 0), fileOf("b", 5), fileOf("c", 502), fileOf("d", 5, ""), fileOf("e", 5)];
  const { groups, others } = groupSmallFiles(files, limits, 501);
  expect([groups.map(pathsOf), pathsOf(others)]).toEqual([["be"], "acd"]);
});

test("a server that gives one file at a time is asked for one at a time", () => {
  const files = [fileOf("a", 5), fileOf("b", 5)];
  expect(groupSmallFiles(files, undefined, 501)).toEqual({ groups: [], others: files });
});
