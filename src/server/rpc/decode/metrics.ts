import { z } from "zod";
import type { MetricValue } from "../../../domain/entities.ts";
import {
  MAX_METRIC_KEY_LENGTH,
  MAX_METRIC_KEYS_PER_CALL,
  MAX_METRIC_VALUE_BYTES,
} from "../../../domain/limits.ts";
import type { MetricValue as WireMetricValue } from "../../../gen/modelbox/v1/common_pb.ts";
import { shortKey } from "./json.ts";
import { checked, lineProblem } from "./text.ts";

/** Why a text is not the key of a metric, or undefined when it is one. */
function metricKeyProblem(key: string): string | undefined {
  return key === "" ? "must not be empty" : lineProblem(key, MAX_METRIC_KEY_LENGTH);
}

/** A value, or what is wrong with it. */
function metricValueOf(wire: WireMetricValue | undefined): { value: MetricValue } | { problem: string } {
  const value = wire?.value;
  if (value?.case === undefined) return { problem: "must be set to a number, text or data" };
  if (value.case === "number") return { value: value.value };
  const bytes = typeof value.value === "string" ? Buffer.byteLength(value.value) : value.value.byteLength;
  if (bytes > MAX_METRIC_VALUE_BYTES)
    return { problem: `must have at most ${MAX_METRIC_VALUE_BYTES} bytes, has ${bytes}` };
  if (typeof value.value === "string" && !value.value.isWellFormed())
    return { problem: "must be valid Unicode" };
  return { value: value.value };
}

export const metricKey = checked(metricKeyProblem);

export const metricValue = z
  .custom<WireMetricValue>()
  .optional()
  .transform((wire, context): MetricValue => {
    const decoded = metricValueOf(wire);
    if ("value" in decoded) return decoded.value;
    context.addIssue({ code: "custom", message: decoded.problem });
    return z.NEVER;
  });

/** The metrics that an object is created with. */
export const initialMetrics = z
  .custom<Readonly<Record<string, WireMetricValue>>>()
  .transform((values, context): Readonly<Record<string, MetricValue>> => {
    const entries = Object.entries(values);
    if (entries.length > MAX_METRIC_KEYS_PER_CALL) {
      const message = `must have at most ${MAX_METRIC_KEYS_PER_CALL} keys, has ${entries.length}; log the others later`;
      context.addIssue({ code: "custom", message });
      return z.NEVER;
    }
    const decoded: [string, MetricValue][] = [];
    for (const [key, wire] of entries) {
      const keyProblem = metricKeyProblem(key);
      const value = keyProblem === undefined ? metricValueOf(wire) : { problem: `the key ${keyProblem}` };
      if ("value" in value) decoded.push([key, value.value]);
      else context.addIssue({ code: "custom", path: [shortKey(key)], message: value.problem });
    }
    return Object.fromEntries(decoded);
  });
