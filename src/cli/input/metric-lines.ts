import { create, fromJson, type JsonObject, type JsonValue } from "@bufbuild/protobuf";
import { MetricPointSchema, MetricValueSchema, type MetricPoint } from "../../gen/modelbox/v1/common_pb.ts";
import { UsageError } from "../output/usage-error.ts";
import { parseNumber, storable } from "./metric-values.ts";

const EXAMPLE = '{"key": "loss", "step": 3, "value": 0.31}';

/**
 * Reads one line of JSON as a point: `{"key": "loss", "step": 3, "value": 0.31, "wallTime": "2026-11-23T12:00:00Z"}`.
 * The value may also be text, or have the API's form, `{"number": 0.31}`; so what `metrics get --json` prints as a
 * point can be read back. `step` is that of the command line when the line has none.
 */
export function parseMetricLine(line: string, lineNumber: number, defaultStep: bigint): MetricPoint {
  try {
    const parsed: unknown = JSON.parse(line.replaceAll(BARE_SPECIAL_NUMBER, '$1"$2"'));
    if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
      throw new UsageError("it is not an object");
    }
    const { value, ...rest } = parsed as JsonObject;
    if (rest["key"] === undefined || value === undefined) throw new UsageError('it needs "key" and "value"');
    const point = fromJson(MetricPointSchema, { step: String(defaultStep), ...rest });
    point.value = readValue(value);
    return point;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(
      `Line ${lineNumber} is not a metric point (${reason}); write for example ${EXAMPLE}`,
      {
        cause: error,
      },
    );
  }
}

/** Python's json module writes these numbers bare, which is not JSON. */
const BARE_SPECIAL_NUMBER = /("value"\s*:\s*)(NaN|-?Infinity)\b/g;

function readValue(value: JsonValue): NonNullable<MetricPoint["value"]> {
  if (typeof value === "object" && value !== null) return fromJson(MetricValueSchema, value);
  if (typeof value === "number") {
    return create(MetricValueSchema, { value: { case: "number", value: storable(value, "its value") } });
  }
  if (typeof value !== "string") throw new UsageError('"value" is neither a number nor text');
  const special = value === "NaN" || value.endsWith("Infinity") ? parseNumber(value) : undefined;
  return create(MetricValueSchema, {
    value: special === undefined ? { case: "text", value } : { case: "number", value: special },
  });
}
