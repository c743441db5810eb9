import type { MetricPoint, MetricValue } from "../../domain/entities.ts";
import { MAX_INLINE_METRICS } from "../../domain/limits.ts";
import type { MetricSummary } from "../../domain/views.ts";

/** The points of the metrics that an object is created with. */
export function initialPoints(
  metrics: Readonly<Record<string, MetricValue>>,
  step: bigint,
  now: number,
): readonly MetricPoint[] {
  return Object.entries(metrics).map(([key, value]) => ({ key, step, wallTime: now, value }));
}

/** What an object shows of the points that it was created with: as many as the store gives, the first by key. */
export function summaryOf(points: readonly MetricPoint[]): MetricSummary {
  const first = points.toSorted((left, right) =>
    Buffer.compare(Buffer.from(left.key), Buffer.from(right.key)),
  );
  return Object.fromEntries(first.slice(0, MAX_INLINE_METRICS).map(({ key, value }) => [key, value]));
}
