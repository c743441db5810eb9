import { toJson } from "@bufbuild/protobuf";
import { ValueSchema, type Timestamp, type Value } from "@bufbuild/protobuf/wkt";
import type { Artifact } from "../../gen/modelbox/v1/artifact_service_pb.ts";
import type { MetricValue } from "../../gen/modelbox/v1/common_pb.ts";
import type { Detail } from "../output/details.ts";
import {
  formatBytes,
  formatBytesExactly,
  formatMetric,
  formatTime,
  formatTimeExactly,
} from "../output/format.ts";
import type { Column } from "../output/table.ts";

/** A label's value: text as it is, anything else as JSON. */
export function formatLabel(value: Value): string {
  return value.kind.case === "stringValue" ? value.kind.value : JSON.stringify(toJson(ValueSchema, value));
}

/** `env=prod, team=speech`, by key. */
export function formatLabels(labels: Readonly<Record<string, Value>>): string {
  return sorted(labels)
    .map(([key, value]) => `${key}=${formatLabel(value)}`)
    .join(", ");
}

/** `acc=0.9, loss=0.31`, by key. */
export function formatMetrics(metrics: Readonly<Record<string, MetricValue>>): string {
  return sorted(metrics)
    .map(([key, value]) => `${key}=${formatMetric(value)}`)
    .join(", ");
}

/** The labels, one on each line. */
export function labelDetails(labels: Readonly<Record<string, Value>>): Detail {
  return {
    heading: "labels",
    entries: sorted(labels).map(([key, value]) => [key, formatLabel(value)] as const),
  };
}

/** The metrics, one on each line. */
export function metricDetails(metrics: Readonly<Record<string, MetricValue>>): Detail {
  return {
    heading: "metrics",
    entries: sorted(metrics).map(([key, value]) => [key, formatMetric(value)] as const),
  };
}

/** How many files there are, and their size. */
export function artifactDetail(artifact: Artifact | undefined): Detail {
  if (!artifact || artifact.fileCount === 0n) return ["files", "none"];
  return ["files", `${artifact.fileCount}, ${formatBytesExactly(artifact.sizeBytes)}`];
}

/** When it was made and changed. */
export function timeDetails(object: {
  readonly createdAt?: Timestamp | undefined;
  readonly updatedAt?: Timestamp | undefined;
}): readonly Detail[] {
  return [
    ["created", formatTimeExactly(object.createdAt)],
    ["updated", formatTimeExactly(object.updatedAt)],
  ];
}

/** When it was made. */
export function createdColumn<Row extends { readonly createdAt?: Timestamp | undefined }>(): Column<Row> {
  return { header: "CREATED", value: (row) => formatTime(row.createdAt), optional: true };
}

/** Its id. */
export function idColumn<Row extends { readonly id: string }>(): Column<Row> {
  return { header: "ID", value: (row) => row.id, optional: true };
}

/** Who is responsible. */
export function ownerColumn<Row extends { readonly owner: string }>(): Column<Row> {
  return { header: "OWNER", value: (row) => row.owner, shrinks: true };
}

/** Its labels. */
export function labelsColumn<
  Row extends { readonly labels: Readonly<Record<string, Value>> },
>(): Column<Row> {
  return { header: "LABELS", value: (row) => formatLabels(row.labels), shrinks: true, optional: true };
}

/** Its metrics. */
export function metricsColumn<
  Row extends { readonly metrics: Readonly<Record<string, MetricValue>> },
>(): Column<Row> {
  return { header: "METRICS", value: (row) => formatMetrics(row.metrics), shrinks: true, optional: true };
}

/** The size of its files. */
export function sizeColumn<Row>(artifactOf: (row: Row) => Artifact | undefined): Column<Row> {
  return { header: "SIZE", value: (row) => formatBytes(artifactOf(row)?.sizeBytes ?? 0n), align: "right" };
}

function sorted<Value>(map: Readonly<Record<string, Value>>): readonly (readonly [string, Value])[] {
  return Object.entries(map).sort(([a], [b]) => (a < b ? -1 : 1));
}
