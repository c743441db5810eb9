import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { MetricValueSchema } from "../../gen/modelbox/v1/common_pb.ts";
import { renderDetails } from "./details.ts";
import {
  formatBytes,
  formatBytesExactly,
  formatDuration,
  formatMetric,
  formatTimeExactly,
} from "./format.ts";
import { messageToJson, messageToJsonLine } from "./json.ts";
import { ProgressLine, progressText } from "./progress-line.ts";
import { styleFor } from "./style.ts";
import { CreateNamespaceResponseSchema } from "../../gen/modelbox/v1/namespace_service_pb.ts";

test("sizes", () => {
  expect([0, 1023, 1024, 1536, 10_240, 90_912_345n, 2 ** 40, -1].map((size) => formatBytes(size))).toEqual([
    "0 B",
    "1023 B",
    "1.00 KiB",
    "1.50 KiB",
    "10.0 KiB",
    "86.7 MiB",
    "1.00 TiB",
    "",
  ]);
  expect(formatBytesExactly(2048n)).toBe("2.00 KiB (2048 bytes)");
});

test("durations", () => {
  expect([0, 59_400, 60_000, 200_000, 7_500_000].map(formatDuration)).toEqual([
    "0s",
    "59s",
    "1m 0s",
    "3m 20s",
    "2h 5m",
  ]);
});

test("times are UTC, to the microsecond", () => {
  expect(
    formatTimeExactly({ $typeName: "google.protobuf.Timestamp", seconds: 1_795_000_000n, nanos: 123_000 }),
  ).toBe("2026-11-18T11:06:40.000123Z");
});

test("metrics", () => {
  const shown = (value: Parameters<typeof create<typeof MetricValueSchema>>[1]) =>
    formatMetric(create(MetricValueSchema, value));
  expect(shown({ value: { case: "number", value: Number.NaN } })).toBe("NaN");
  expect(shown({ value: { case: "number", value: 0.1 + 0.2 } })).toBe("0.30000000000000004");
  expect(shown({ value: { case: "text", value: "a\nb" } })).toBe('"a\\nb"');
  expect(shown({ value: { case: "data", value: new Uint8Array([1, 255]) } })).toBe("0x01ff");
});

test("details are aligned, leave out what is empty, and go on below themselves", () => {
  const style = styleFor({ isTerminal: false, environment: {} });
  const text = renderDetails(
    [
      ["id", "1"],
      ["owner", ""],
      ["description", "one\ntwo\u001b[31m\u202e"],
      { heading: "labels", entries: [["team", "speech"]] },
      { heading: "metrics", entries: [] },
    ],
    style,
  );
  expect(text).toBe(
    "id           1\ndescription  one\n             two\ufffd[31m\ufffd\nlabels\n  team  speech\n",
  );
});

test("colour is for terminals, unless it is declined", () => {
  const bold = (isTerminal: boolean, environment: Record<string, string>) =>
    styleFor({ isTerminal, environment }).bold("x");
  expect(bold(true, {})).not.toBe("x");
  expect([bold(false, {}), bold(true, { NO_COLOR: "1" }), bold(true, { TERM: "dumb" })]).toEqual([
    "x",
    "x",
    "x",
  ]);
});

test("JSON has the fields that protobuf leaves out", () => {
  const response = create(CreateNamespaceResponseSchema, { namespace: { name: "a" } });
  expect(JSON.parse(messageToJson(response))).toEqual({
    exists: false,
    namespace: { id: "", name: "a", owner: "", description: "", labels: {}, etag: "" },
  });
  expect(messageToJsonLine(response)).not.toContain("\n");
});

const half = {
  totalBytes: 100 * 2 ** 20,
  doneBytes: 50 * 2 ** 20,
  totalFiles: 4,
  doneFiles: 2,
  transferredBytes: 0,
};

test("progress has bytes, speed and time left", () => {
  expect(progressText("Uploading", half, 10 * 2 ** 20)).toBe(
    "Uploading 50.0 MiB of 100.0 MiB (50%), 2 of 4 files, 10.0 MiB/s, 5s left",
  );
  expect(progressText("Uploading", { ...half, totalBytes: 0, doneBytes: 0 }, undefined)).toBe(
    "Uploading 0 B of 0 B, 2 of 4 files",
  );
});

test("progress is drawn on terminals only, a few times a second, and taken away", () => {
  const draw = (isTTY: boolean): string[] => {
    const written: string[] = [];
    const stream = {
      isTTY,
      columns: 30,
      write: (text: string) => written.push(text),
    } as unknown as NodeJS.WriteStream;
    let now = 0;
    {
      using line = new ProgressLine("Uploading", stream, () => now);
      for (now = 0; now < 1000; now += 10) line.update(half);
    }
    return written;
  };
  expect(draw(false)).toEqual([]);
  const drawn = draw(true);
  expect(drawn).toHaveLength(11);
  expect(drawn[0]).toBe("\r\u001b[KUploading 50.0 MiB of 100.0 M");
  expect(drawn.at(-1)).toBe("\r\u001b[K");
});
