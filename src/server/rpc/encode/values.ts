import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  NullValue,
  type DurationSchema,
  type TimestampSchema,
  type ValueSchema,
} from "@bufbuild/protobuf/wkt";
import type { JsonValue, Labels, MetricPoint, MetricValue } from "../../../domain/entities.ts";
import type { MetricPointSchema, MetricValueSchema } from "../../../gen/modelbox/v1/common_pb.ts";

const MICROS_PER_SECOND = 1_000_000;
const MILLIS_PER_SECOND = 1_000;

export function encodeTime(micros: number): MessageInitShape<typeof TimestampSchema> {
  const seconds = Math.floor(micros / MICROS_PER_SECOND);
  return { seconds: BigInt(seconds), nanos: (micros - seconds * MICROS_PER_SECOND) * 1_000 };
}

export function encodeDuration(milliseconds: number): MessageInitShape<typeof DurationSchema> {
  const seconds = Math.floor(milliseconds / MILLIS_PER_SECOND);
  return { seconds: BigInt(seconds), nanos: (milliseconds - seconds * MILLIS_PER_SECOND) * 1_000_000 };
}

export function encodeValue(json: JsonValue): MessageInitShape<typeof ValueSchema> {
  if (json === null) return { kind: { case: "nullValue", value: NullValue.NULL_VALUE } };
  if (typeof json === "boolean") return { kind: { case: "boolValue", value: json } };
  if (typeof json === "number") return { kind: { case: "numberValue", value: json } };
  if (typeof json === "string") return { kind: { case: "stringValue", value: json } };
  if (isList(json)) return { kind: { case: "listValue", value: { values: json.map(encodeValue) } } };
  return { kind: { case: "structValue", value: { fields: encodeLabels(json) } } };
}

export function encodeLabels(labels: Labels): Record<string, MessageInitShape<typeof ValueSchema>> {
  return mapValues(labels, encodeValue);
}

export function encodeMetricValue(value: MetricValue): MessageInitShape<typeof MetricValueSchema> {
  if (typeof value === "number") return { value: { case: "number", value } };
  if (typeof value === "string") return { value: { case: "text", value } };
  return { value: { case: "data", value: new Uint8Array(value) } };
}

export function encodeMetrics(
  metrics: Readonly<Record<string, MetricValue>>,
): Record<string, MessageInitShape<typeof MetricValueSchema>> {
  return mapValues(metrics, encodeMetricValue);
}

export function encodePoint({
  key,
  step,
  wallTime,
  value,
}: MetricPoint): MessageInitShape<typeof MetricPointSchema> {
  return { key, step, wallTime: encodeTime(wallTime), value: encodeMetricValue(value) };
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, map: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
}

function isList(json: JsonValue): json is readonly JsonValue[] {
  return Array.isArray(json);
}
