import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  parseCheckpointReference,
  parseChildReference,
  parseObjectReference,
  parseVersionReference,
} from "./parse.ts";

const ID = "0197c0de-0000-7000-8000-000000000000";

describe("references", () => {
  test("are ids or paths", () => {
    expect(parseChildReference("a/b", "x")).toEqual({ value: { type: "path", namespace: "a", name: "b" } });
    expect(parseChildReference(ID, "x")).toEqual({ value: { type: "id", id: ID } });
    expect(parseChildReference(`${ID}/b`, "x")).toEqual({
      value: { type: "path", namespace: ID, name: "b" },
    });
    expect(parseCheckpointReference("a/b/c")).toEqual({
      value: { type: "path", experiment: { type: "path", namespace: "a", name: "b" }, name: "c" },
    });
    expect(parseCheckpointReference(`${ID}/latest`)).toEqual({
      value: { type: "path", experiment: { type: "id", id: ID }, name: "latest" },
    });
    expect(parseVersionReference(`${ID}@1`)).toEqual({
      value: { type: "path", model: { type: "id", id: ID }, version: "1" },
    });
    expect(parseObjectReference("version:a/b@c")).toEqual({
      value: {
        kind: "version",
        reference: { type: "path", model: { type: "path", namespace: "a", name: "b" }, version: "c" },
      },
    });
  });

  test("are refused when they are neither, in few words", () => {
    const wrong = [
      "",
      "a",
      "a/b/c/d",
      "a/b@",
      "@",
      "a@b@c",
      "a/b@c/d",
      "a/../b@c",
      "a/b@..",
      "a/b@%2e%2e",
      "a\\b@c",
      "a/b#x@c",
    ];
    for (const text of wrong) {
      const parsed = parseVersionReference(text);
      expect("problem" in parsed).toBe(true);
    }
  });

  test("never hold a part that is no name", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom("a", "1", "/", "@", ".", "-", ":", "\\", "%", "#", "\n", "é") }),
        (text) => {
          for (const parsed of [
            parseCheckpointReference(text),
            parseVersionReference(text),
            parseObjectReference(`model:${text}`),
          ]) {
            if ("problem" in parsed) expect(parsed.problem.length).toBeLessThan(200);
            else expect(JSON.stringify(parsed.value)).not.toMatch(/\.\.|[\\%#é]|\\n/);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
