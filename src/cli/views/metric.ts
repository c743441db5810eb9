import type { MetricPoint } from "../../gen/modelbox/v1/common_pb.ts";
import { formatMetric, formatTime } from "../output/format.ts";
import type { ListView } from "../output/output.ts";

/** Points have no id: their key stands for it. */
export const metricView: ListView<MetricPoint> = {
  plural: "metrics",
  id: (point) => point.key,
  columns: [
    { header: "METRIC", value: (point) => point.key },
    { header: "STEP", value: (point) => String(point.step), align: "right" },
    { header: "VALUE", value: (point) => formatMetric(point.value), align: "right" },
    { header: "TIME", value: (point) => formatTime(point.wallTime), optional: true },
  ],
};
