import { describe, expect, test } from "bun:test";
import {
  checkpointName,
  experimentName,
  modelName,
  namespaceOf,
  nodeFromText,
  objectFromParts,
  objectFromText,
  versionName,
} from "./object-name.ts";

const id = "019ab0c1-7a52-7c3e-b1f4-3d1c8e5f2a10";

describe("a name", () => {
  test("is put below its parent when it is bare", () => {
    expect(experimentName({ experiment: "lid", project: "langtech" })).toBe("langtech/lid");
    expect(experimentName({ experiment: "lid", project: id })).toBe(`${id}/lid`);
    expect(checkpointName({ checkpoint: "latest", experiment: "langtech/lid" })).toBe("langtech/lid/latest");
    expect(checkpointName({ checkpoint: "best", experiment: "lid", project: "langtech" })).toBe(
      "langtech/lid/best",
    );
    expect(modelName({ model: "lid", project: "langtech" })).toBe("langtech/lid");
    expect(versionName({ version: "3", model: "langtech/lid" })).toBe("langtech/lid@3");
    expect(versionName({ version: "3", model: "lid", project: "langtech" })).toBe("langtech/lid@3");
    expect(versionName({ tag: "production", model: "langtech/lid" })).toBe("langtech/lid@production");
  });

  test("stands by itself when it is a path or an id", () => {
    expect(experimentName({ experiment: "langtech/lid", project: "langtech" })).toBe("langtech/lid");
    expect(experimentName({ experiment: id, project: "langtech" })).toBe(id);
    expect(versionName({ version: "langtech/lid@3", model: "langtech/lid" })).toBe("langtech/lid@3");
    expect(versionName({ version: id, model: "langtech/lid" })).toBe(id);
  });

  test("is left to the server when it has no parent", () => {
    expect(experimentName({ experiment: "lid" })).toBe("lid");
    expect(versionName({ version: "langtech/lid" })).toBe("langtech/lid");
  });

  test("in another parent is refused, before the wrong object is touched", () => {
    expect(() => experimentName({ experiment: "other/lid", project: "langtech" })).toThrow("not in langtech");
    expect(() => versionName({ version: "langtech/old@3", model: "langtech/lid" })).toThrow(
      "not in langtech/lid",
    );
  });

  test("of a tag needs its model and no version", () => {
    expect(() => versionName({ tag: "production" })).toThrow("--model langtech/lid");
    expect(() => versionName({ tag: "production", model: "a/b", version: "3" })).toThrow(
      "--version and --tag",
    );
  });
});

describe("an object", () => {
  test("has a kind; a project is a namespace", () => {
    expect(objectFromText("version:langtech/lid@3")).toBe("version:langtech/lid@3");
    expect(objectFromText("project:langtech")).toBe("namespace:langtech");
  });

  test.each([
    ["langtech", "project:langtech"],
    ["langtech/lid", "experiment:langtech/lid or model:langtech/lid"],
    ["langtech/lid@1", "version:langtech/lid@1"],
    ["langtech/wav2vec-lid/latest", "checkpoint:langtech/wav2vec-lid/latest"],
    ["experimant:langtech/lid/a", "checkpoint:langtech/lid/a"],
    [id, `version:${id}`],
  ])("without a kind is refused, and %s may be %s", (text, suggestion) => {
    expect(() => objectFromText(text)).toThrow(new RegExp(`write for example ${suggestion}$`));
  });

  test("is the innermost that the flags name", () => {
    expect(objectFromParts({})).toBeUndefined();
    expect(objectFromParts({ project: "p" })).toBe("namespace:p");
    expect(objectFromParts({ project: "p", experiment: "e" })).toBe("experiment:p/e");
    expect(objectFromParts({ project: "p", experiment: "e", checkpoint: "c" })).toBe("checkpoint:p/e/c");
    expect(objectFromParts({ project: "p", model: "m" })).toBe("model:p/m");
    expect(objectFromParts({ project: "p", model: "m", tag: "t" })).toBe("version:p/m@t");
  });

  test("tells its namespace, unless an id hides it", () => {
    expect(namespaceOf("version:langtech/lid@3")).toBe("langtech");
    expect(namespaceOf("model:langtech/lid")).toBe("langtech");
    expect(namespaceOf(`checkpoint:${id}/latest`)).toBeUndefined();
  });
});

test("a lineage node may be outside", () => {
  expect(nodeFromText("dataset:s3://bucket/x")).toBe("dataset:s3://bucket/x");
  expect(nodeFromText("project:p")).toBe("namespace:p");
  expect(() => nodeFromText("common-voice")).toThrow("dataset:…");
});
