import { describe, expect, test } from "bun:test";
import {
  filesTarget,
  nodeTarget,
  objectTarget,
  projectTarget,
  takeObject,
  versionTarget,
  type Need,
} from "./targets.ts";

/** As where nobody can be asked. */
const need: Need = async (value, wanted) => {
  if (value === undefined) throw new Error(`${wanted.typed} is missing`);
  return await Promise.resolve(value);
};

/** The message of what a promise fails with; empty when it does not. */
async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe("an object", () => {
  test("is named by an argument or by flags, the same in both", async () => {
    expect(await objectTarget(need, "model:a/b", {})).toBe("model:a/b");
    expect(await objectTarget(need, undefined, { object: "model:a/b" })).toBe("model:a/b");
    expect(await objectTarget(need, undefined, { model: "b", project: "a" })).toBe("model:a/b");
    expect(await projectTarget(need, "a", { project: "a" })).toBe("a");
  });

  test("is one object", async () => {
    expect(await failureOf(objectTarget(need, "model:a/b", { object: "model:a/c" }))).toContain(
      "name one object",
    );
    expect(await failureOf(objectTarget(need, "model:a/b", { experiment: "a/c" }))).toContain(
      "name one object",
    );
    expect(await failureOf(objectTarget(need, undefined, {}))).toContain("--object is missing");
  });

  test("may be a version by its tag, whichever way the model is named", async () => {
    expect(await versionTarget(need, "a/b", { tag: "production" })).toBe("a/b@production");
    expect(await versionTarget(need, undefined, { tag: "production", model: "a/b" })).toBe("a/b@production");
    expect(await versionTarget(need, "3", { model: "a/b" })).toBe("a/b@3");
  });
});

test("files are those of an artifact or of an object", async () => {
  expect(await filesTarget(need, "some-id", {})).toEqual({ artifact: "some-id" });
  expect(await filesTarget(need, "artifact:some-id", {})).toEqual({ artifact: "some-id" });
  expect(await filesTarget(need, "version:a/b@3", {})).toEqual({ object: "version:a/b@3" });
  expect(await filesTarget(need, undefined, { artifact: "some-id" })).toEqual({ artifact: "some-id" });
  expect(await failureOf(filesTarget(need, "some-id", { object: "version:a/b@3" }))).toContain("name one");
});

test("a lineage node may be outside", async () => {
  expect(await nodeTarget(need, "dataset:x", { project: "a" })).toBe("dataset:x");
  expect(await nodeTarget(need, "version:a/b@3", { project: "a" })).toBe("version:a/b@3");
  expect(await nodeTarget(need, undefined, { object: "version:a/b@3" })).toBe("version:a/b@3");
  expect(await nodeTarget(need, undefined, { experiment: "e", project: "a" })).toBe("experiment:a/e");
});

test("the object is taken off arguments that can't be one", () => {
  expect(takeObject(["model:a/b", "k=v"])).toEqual({ object: "model:a/b", rest: ["k=v"] });
  expect(takeObject(["model:k=v"])).toEqual({ object: undefined, rest: ["model:k=v"] });
  expect(takeObject(["k=v", "model:a/b"])).toEqual({ object: undefined, rest: ["k=v", "model:a/b"] });
});
