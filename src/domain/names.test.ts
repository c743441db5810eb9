import { expect, test } from "bun:test";
import { filePathProblem } from "./names.ts";

test("a part of a path may be as long as file systems take, in bytes", () => {
  for (const part of ["x".repeat(255), "模".repeat(85)]) {
    expect(filePathProblem(part)).toBeUndefined();
    expect(filePathProblem(`a/${part}/${part}`)).toBeUndefined();
    expect(filePathProblem(`${part}x`)).toContain("255 bytes");
    expect(filePathProblem(`a/${part}x/b`)).toContain("255 bytes");
  }
});

test("names that differ by case are two names", () => {
  for (const path of ["x", "X"]) expect(filePathProblem(path)).toBeUndefined();
});
