import { MAX_METRIC_POINTS_PER_CALL } from "../../domain/limits.ts";
import type { MetricPoint } from "../../gen/modelbox/v1/common_pb.ts";
import { UsageError } from "../output/usage-error.ts";
import { parseMetricLine } from "./metric-lines.ts";

/** A metric's text may have 64 KiB, which escapes in JSON can make six times as long. */
const MAX_LINE_CHARACTERS = 512 * 1024;

/**
 * Reads points line by line. What has arrived together is one batch, so that a training run which writes a line every
 * minute sees it stored at once, and a long file goes in few calls. Empty lines are skipped.
 */
export async function* metricBatches(
  chunks: AsyncIterable<Uint8Array>,
  defaultStep: bigint,
): AsyncGenerator<MetricPoint[], void, undefined> {
  const decoder = new TextDecoder();
  let lineNumber = 0;
  let unfinished = "";
  const parse = (lines: readonly string[]): MetricPoint[] =>
    lines.flatMap((line) => {
      lineNumber += 1;
      return line.trim() === "" ? [] : [parseMetricLine(line, lineNumber, defaultStep)];
    });
  for await (const chunk of chunks) {
    const lines = (unfinished + decoder.decode(chunk, { stream: true })).split("\n");
    unfinished = lines.pop() ?? "";
    if (unfinished.length > MAX_LINE_CHARACTERS) {
      throw new UsageError(
        `Line ${lineNumber + lines.length + 1} is too long; write one metric point on each line`,
      );
    }
    yield* batchesOf(parse(lines));
  }
  yield* batchesOf(parse([unfinished + decoder.decode()]));
}

function* batchesOf(points: readonly MetricPoint[]): Generator<MetricPoint[], void, undefined> {
  for (let start = 0; start < points.length; start += MAX_METRIC_POINTS_PER_CALL) {
    yield points.slice(start, start + MAX_METRIC_POINTS_PER_CALL);
  }
}
