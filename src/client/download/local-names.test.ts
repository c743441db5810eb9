import { expect, test } from "bun:test";
import { localNameProblem } from "./local-names.ts";

test.each(["a:b", "what?", "dir./x", "trailing ", "nul", "COM1.txt", "a/aux/b"])(
  "Windows can't hold %j",
  (path) => {
    expect(localNameProblem(path, "win32")).toContain("Windows");
    expect(localNameProblem(path, "linux")).toBeUndefined();
  },
);

test.each(["model.onnx", "console", "a/b.c/d", "nullable.txt"])("Windows can hold %j", (path) => {
  expect(localNameProblem(path, "win32")).toBeUndefined();
});
