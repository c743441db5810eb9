import { expect, test } from "bun:test";
import { contentDisposition, listsEtag } from "./blob-headers.ts";

test.each([
  ["model.onnx", `attachment; filename="model.onnx"; filename*=UTF-8''model.onnx`],
  ["a/b/weights 1.bin", `attachment; filename="weights 1.bin"; filename*=UTF-8''weights%201.bin`],
  ['x";evil="y', `attachment; filename="x__evil__y"; filename*=UTF-8''x%22%3Bevil%3D%22y`],
  ["模型'(*).pt", `attachment; filename="______.pt"; filename*=UTF-8''%E6%A8%A1%E5%9E%8B%27%28%2A%29.pt`],
  ["50%.txt", `attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt`],
])("%s is saved under its own name", (path, expected) => {
  expect(contentDisposition(path)).toBe(expected);
});

test("finds an entity tag in a list", () => {
  expect(listsEtag('"a", W/"b"', '"b"')).toBe(true);
  expect(listsEtag("*", '"b"')).toBe(true);
  expect(listsEtag('"a", "bb"', '"b"')).toBe(false);
});
