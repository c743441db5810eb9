import { Flags } from "@oclif/core";
import type { JsonValue } from "@bufbuild/protobuf";
import { parseInt64 } from "../input/int64.ts";
import type { Entry } from "../input/key-value.ts";
import { parseLabel } from "../input/labels.ts";
import { parseMetric, type MetricValueInit } from "../input/metric-values.ts";
import { parseTime } from "../input/time.ts";
import type { TimestampInit } from "../input/time.ts";

/** A whole number of 64 bits. */
export const int64Flag = Flags.custom<bigint>({
  helpValue: "<number>",
  parse: (input) => Promise.resolve(parseInt64(input)),
});

/** A moment: `2026-11-23T12:00:00Z`, or `2026-11-23` for its first moment in UTC. */
export const timeFlag = Flags.custom<TimestampInit>({
  helpValue: "<time>",
  parse: (input) => Promise.resolve(parseTime(input)),
});

/** `--label key=value`, as often as wanted. */
export const labelFlag = Flags.custom<Entry<JsonValue>>({
  helpValue: "<key=value>",
  summary: "Label; the value is JSON, or else text. Repeat it for more.",
  parse: (input) => Promise.resolve(parseLabel(input)),
});

/** `--metric key=value`, as often as wanted. */
export const metricFlag = Flags.custom<Entry<MetricValueInit>>({
  helpValue: "<key=value>",
  summary: "Metric, for example loss=0.31. Repeat it for more.",
  parse: (input) => Promise.resolve(parseMetric(input)),
});

/** `--relation`, of a lineage link. */
export const relationFlag = Flags.custom<string>({
  summary: "How the one came from the other, for example trained_on.",
  helpValue: "<relation>",
});

/** A flag that may come several times, one value each time, so that it never swallows the arguments behind it. */
export const repeated = { multiple: true, multipleNonGreedy: true } as const;
