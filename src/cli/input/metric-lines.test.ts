import { describe, expect, test } from "bun:test";
import type { MetricPoint } from "../../gen/modelbox/v1/common_pb.ts";
import { metricBatches } from "./metric-batches.ts";
import { parseMetricLine } from "./metric-lines.ts";

function read(line: string) {
  const { key, step, wallTime, value } = parseMetricLine(line, 1, 7n);
  return { key, step, seconds: wallTime?.seconds, value: value?.value };
}

describe("a line", () => {
  test("is a point with a number, at the given step where it has none", () => {
    const expected = { key: "loss", step: 7n, seconds: undefined, value: { case: "number", value: 0.5 } };
    expect(read('{"key": "loss", "value": 0.5}')).toEqual(expected as never);
    expect(read('{"key": "loss", "step": 3, "value": 0.5}').step).toBe(3n);
    expect(read('{"key": "loss", "step": "9007199254740993", "value": 0.5}').step).toBe(9007199254740993n);
  });

  test.each(["NaN", "Infinity", "-Infinity"])(
    "may hold %s as JSON has it and as Python writes it",
    (special) => {
      for (const value of [special, `"${special}"`, `{"number": "${special}"}`]) {
        expect(read(`{"key": "loss", "value": ${value}}`).value).toEqual({
          case: "number",
          value: Number(special),
        });
      }
    },
  );

  test("may hold text, and the API's own form", () => {
    expect(read('{"key": "note", "value": "diverged"}').value).toEqual({ case: "text", value: "diverged" });
    expect(read('{"key": "note", "value": {"text": "NaN"}}').value).toEqual({ case: "text", value: "NaN" });
    expect(read('{"key":"a","value":1,"wallTime":"1970-01-01T00:01:00Z"}').seconds).toBe(60n);
  });

  test.each([
    "[1]",
    "3",
    "loss=3",
    '{"key": "a"}',
    '{"value": 1}',
    '{"key":"a","value":true}',
    '{"key":"a","value":1e400}',
    '{"key":"a","value":{"number":-1e400}}',
    '{"key":"a","value":1,"x":2}',
  ])("%s is refused by its number, with an example", (line) => {
    expect(() => parseMetricLine(line, 12, 0n)).toThrow(/^Line 12 is not a metric point .*"key": "loss"/s);
  });
});

/** The message of what a promise fails with; empty when it does not. */
async function failureOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

describe("standard input", () => {
  async function* chunks(...texts: readonly string[]): AsyncGenerator<Uint8Array> {
    for (const text of texts) yield await Promise.resolve(new TextEncoder().encode(text));
  }

  async function batches(...texts: readonly string[]): Promise<MetricPoint[][]> {
    return await Array.fromAsync(metricBatches(chunks(...texts), 0n));
  }

  test("is sent as it comes, however it is cut", async () => {
    const found = await batches(
      '{"key":"a","value":1}\n{"key":',
      '"b","value":2}\n\n',
      '{"key":"c","value":3}',
    );
    expect(found.map((batch) => batch.map(({ key }) => key))).toEqual([["a"], ["b"], ["c"]]);
  });

  test("a letter of several bytes may be cut too", async () => {
    const bytes = new TextEncoder().encode('{"key":"größe","value":1}\n');
    const cut = async function* () {
      for (let index = 0; index < bytes.length; index += 1)
        yield await Promise.resolve(bytes.subarray(index, index + 1));
    };
    const found = await Array.fromAsync(metricBatches(cut(), 0n));
    expect(found.flat().map(({ key }) => key)).toEqual(["größe"]);
  });

  test("a batch has no more points than a call takes", async () => {
    const found = await batches('{"key":"a","value":1}\n'.repeat(20_001));
    expect(found.map((batch) => batch.length)).toEqual([10_000, 10_000, 1]);
  });

  test("a mistake is named by its line", async () => {
    expect(await failureOf(batches('{"key":"a","value":1}\n\n', "oops\n"))).toContain("Line 3 is not");
  });

  test("a line without end is refused before it fills the memory", async () => {
    expect(await failureOf(batches("\n", "x".repeat(600_000)))).toContain("Line 2 is too long");
  });
});
