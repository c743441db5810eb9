import { describe, expect, test } from "bun:test";
import { changedFields } from "./changed-fields.ts";
import { parseInt64 } from "./int64.ts";
import { parseJsonObject } from "./json-object.ts";
import { splitKeyValue, uniqueEntries } from "./key-value.ts";
import { labelMap, parseLabel } from "./labels.ts";
import { parseMetric } from "./metric-values.ts";
import { parseTime } from "./time.ts";
import { trackedFiles } from "./tracked-files.ts";

describe("key=value", () => {
  test("is cut at the first =", () => {
    expect(splitKeyValue("a=b=c", "x=1")).toEqual({ key: "a", value: "b=c" });
    expect(splitKeyValue("a=", "x=1")).toEqual({ key: "a", value: "" });
  });

  test.each(["a", "=b", ""])("%p is refused with an example", (input) => {
    expect(() => splitKeyValue(input, "x=1")).toThrow("write for example x=1");
  });

  test("a key that comes twice is refused, whatever it is called", () => {
    expect(uniqueEntries([{ key: "__proto__", value: 1 }])).toEqual(Object.fromEntries([["__proto__", 1]]));
    expect(() =>
      uniqueEntries([
        { key: "a", value: 1 },
        { key: "a", value: 1 },
      ]),
    ).toThrow("a is given twice");
  });
});

describe("a label's value", () => {
  test.each([
    ["k=3", 3],
    ["k=-0.5e3", -500],
    ["k=true", true],
    ["k=null", null],
    ['k="3"', "3"],
    ['k=["de","fr"]', ["de", "fr"]],
    ["k=speech", "speech"],
    ["k=", ""],
    ["k={not json", "{not json"],
    ["k=NaN", "NaN"],
    ["k=12345678901234567890", "12345678901234567890"],
    ["k=1e999", "1e999"],
  ])("%p is JSON, or else text", (input, value) => {
    expect(parseLabel(input)).toEqual({ key: "k", value });
  });

  test("becomes a protobuf value", () => {
    const { k } = labelMap([parseLabel("k=[1,null]")]);
    expect(k?.kind.case).toBe("listValue");
  });
});

describe("a metric's value", () => {
  test.each([
    ["loss=0.31", 0.31],
    ["loss=-1e-3", -0.001],
    ["loss=.5", 0.5],
    ["loss=5.", 5],
    ["loss=nan", Number.NaN],
    ["loss=NaN", Number.NaN],
    ["loss=-inf", Number.NEGATIVE_INFINITY],
    ["loss=Infinity", Number.POSITIVE_INFINITY],
  ])("%p is a number", (input, number) => {
    expect(parseMetric(input)).toEqual({ key: "loss", value: { value: { case: "number", value: number } } });
  });

  test("in double quotes it is text", () => {
    expect(parseMetric('note="went \\"up\\""').value).toEqual({
      value: { case: "text", value: 'went "up"' },
    });
  });

  test.each(["loss=0,31", "loss=", "loss=1 2", "loss=0x10", 'loss="open', "loss=low"])(
    "%p is refused",
    (input) => {
      expect(() => parseMetric(input)).toThrow("is not a number; write for example loss=0.31");
    },
  );
});

test.each([
  ["loss=1e400", "Infinity"],
  ["loss=-1e400", "-Infinity"],
])("a metric of %s is no %s that nobody wrote", (input, infinity) => {
  expect(() => parseMetric(input)).toThrow(`is too large for a number of 64 bits; write ${infinity}`);
});

describe("a whole number", () => {
  test.each([
    ["0", 0n],
    ["-7", -7n],
    ["+7", 7n],
    ["9223372036854775807", 9223372036854775807n],
    ["-9223372036854775808", -9223372036854775808n],
  ])("%p has 64 bits", (text, value) => expect(parseInt64(text)).toBe(value));

  test.each(["", "1.5", "1e3", "9223372036854775808", "99999999999999999999", "x"])(
    "%p is refused",
    (text) => {
      expect(() => parseInt64(text)).toThrow();
    },
  );
});

describe("a time", () => {
  test.each([
    ["2026-11-23T12:00:00Z", "2026-11-23T12:00:00.000Z", 0],
    ["2026-11-23T12:00:00.000123Z", "2026-11-23T12:00:00.000Z", 123_000],
    ["2026-11-23 12:00", "2026-11-23T12:00:00.000Z", 0],
    ["2026-11-23", "2026-11-23T00:00:00.000Z", 0],
    ["2026-11-23T12:00:00+02:00", "2026-11-23T10:00:00.000Z", 0],
  ])("%p is read in UTC", (text, iso, nanos) => {
    expect(parseTime(text)).toEqual({ seconds: BigInt(Date.parse(iso) / 1000), nanos });
  });

  test.each(["", "yesterday", "2026-13-01", "2026-11-23T25:00:00Z", "23.11.2026"])(
    "%p is refused",
    (text) => {
      expect(() => parseTime(text)).toThrow("write for example 2026-11-23T12:00:00Z");
    },
  );
});

test("an event's data is an object", () => {
  expect(parseJsonObject('{"a": [1]}')).toEqual({ a: [1] });
  for (const text of ["[1]", "3", "null", "{"]) expect(() => parseJsonObject(text)).toThrow("JSON");
});

describe("tracked files", () => {
  test("are listed under the last part of their address", () => {
    const files = trackedFiles(["s3://bucket/a/train.parquet?versionId=7", "https://example.com/x/"], {});
    expect(files.map(({ path }) => path)).toEqual(["train.parquet", "x"]);
  });

  test("what is said about them goes by order", () => {
    const files = trackedFiles(["s3://b/1", "s3://b/2"], {
      paths: ["x", "y"],
      sizes: [1n, 2n],
      digests: ["AB", "CD"],
    });
    expect(files).toEqual([
      { uri: "s3://b/1", path: "x", sizeBytes: 1n, sha256: "ab" },
      { uri: "s3://b/2", path: "y", sizeBytes: 2n, sha256: "cd" },
    ]);
  });

  test("a wrong number of them, or an address without a name, is refused", () => {
    expect(() => trackedFiles(["s3://b/1"], { paths: ["x", "y"] })).toThrow(
      "--path is given 2 times for 1 addresses",
    );
    expect(() => trackedFiles(["s3://bucket"], {})).toThrow("give one with --path");
  });
});

test("an update of nothing names the flags", () => {
  expect(changedFields({ name: undefined, externalId: "" })).toEqual({ externalId: "" });
  expect(() => changedFields({ name: undefined, externalId: undefined })).toThrow(
    "one of --name, --external-id",
  );
});
