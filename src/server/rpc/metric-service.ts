import type { ServiceImpl } from "@connectrpc/connect";
import { z } from "zod";
import { MAX_METRIC_KEYS_PER_CALL, MAX_METRIC_POINTS_PER_CALL } from "../../domain/limits.ts";
import {
  GetMetricsRequestSchema,
  ListMetricPointsRequestSchema,
  LogMetricsRequestSchema,
  type MetricService,
} from "../../gen/modelbox/v1/metric_service_pb.ts";
import { getMetrics } from "../../service/metrics/get.ts";
import { listMetricPoints } from "../../service/metrics/list.ts";
import { logMetrics } from "../../service/metrics/log.ts";
import { callerOf, type RpcApp } from "./app.ts";
import { decode } from "./decode/decode.ts";
import { fence } from "./decode/fence.ts";
import { metricKey, metricValue } from "./decode/metrics.ts";
import { time } from "./decode/numbers.ts";
import { pageFields } from "./decode/paging.ts";
import { object, optional } from "./decode/references.ts";
import { requestId } from "./decode/text.ts";
import { encodePoint } from "./encode/values.ts";

const point = z.object({ key: metricKey, step: z.bigint(), wallTime: time, value: metricValue });
const points = z
  .array(point)
  .min(1, "must have at least one point")
  .max(MAX_METRIC_POINTS_PER_CALL, `must have at most ${MAX_METRIC_POINTS_PER_CALL} points`);
const logRequest = z.object({ object, points, fence, requestId });
const keys = z
  .array(metricKey)
  .max(MAX_METRIC_KEYS_PER_CALL, `must have at most ${MAX_METRIC_KEYS_PER_CALL} keys`);
const getRequest = z.object({ object, keys });
const step = z
  .bigint()
  .optional()
  .transform((value): bigint | undefined => value);
const listRequest = z.object({
  object,
  key: optional(metricKey),
  minStep: step,
  maxStep: step,
  ...pageFields,
});

export function metricService({ service }: RpcApp): ServiceImpl<typeof MetricService> {
  return {
    async logMetrics(request, context) {
      const input = decode(logRequest, request, LogMetricsRequestSchema);
      const { pointCount } = await logMetrics(service, callerOf(context), input);
      return { pointCount: BigInt(pointCount) };
    },
    async getMetrics(request, context) {
      const input = decode(getRequest, request, GetMetricsRequestSchema);
      return { points: (await getMetrics(service, callerOf(context), input)).map(encodePoint) };
    },
    async listMetricPoints(request, context) {
      const input = decode(listRequest, request, ListMetricPointsRequestSchema);
      const page = await listMetricPoints(service, callerOf(context), input);
      return { points: page.points.map(encodePoint), nextPageToken: page.nextPageToken };
    },
  };
}
