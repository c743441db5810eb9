import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ModelBoxClient } from "../../../../client/index.ts";
import type { MetricPointSchema } from "../../../../gen/modelbox/v1/common_pb.ts";
import type { LogMetricsResponse } from "../../../../gen/modelbox/v1/metric_service_pb.ts";
import { ClientCommand } from "../../../base/client-command.ts";
import { objectTarget, takeObject } from "../../../base/targets.ts";
import { argumentList, objectFlags } from "../../../flags/objects.ts";
import { int64Flag, metricFlag, repeated, timeFlag } from "../../../flags/values.ts";
import { uniqueEntries } from "../../../input/key-value.ts";
import { metricBatches } from "../../../input/metric-batches.ts";
import { parseMetric } from "../../../input/metric-values.ts";
import { UsageError } from "../../../output/usage-error.ts";

type PointInit = MessageInitShape<typeof MetricPointSchema>;

export default class LogMetrics extends ClientCommand {
  static override summary = "Store metrics of an object at a step.";
  static override description =
    'A key and step that is there already gets the new value. With - it reads points from standard input, one JSON object on each line, such as {"key": "loss", "step": 3, "value": 0.31}, and stores them as they come.';
  static override examples = [
    "modelbox client metrics log --object experiment:langtech/wav2vec-lid --step 3 loss=0.31 acc=0.9",
    "modelbox client metrics log --experiment langtech/wav2vec-lid - < metrics.jsonl",
  ];
  static override args = {
    metrics: argumentList(
      "Metrics as key=value, or - for standard input; the object may stand in front as kind:path.",
    ),
  };
  static override flags = {
    ...objectFlags,
    step: int64Flag({ summary: "Step of the metrics; with - of lines that have none. By default 0." }),
    time: timeFlag({ summary: "When they were measured; by default now." }),
    metric: metricFlag(repeated),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LogMetrics);
    const { object: first, rest } = takeObject(args.metrics ?? []);
    const step = flags.step ?? 0n;
    const time = flags.time ? { wallTime: flags.time } : {};
    let batches: AsyncIterable<PointInit[]> | PointInit[][];
    if (rest.includes("-")) {
      if (rest.length > 1 || flags.metric !== undefined)
        throw new UsageError("- takes no other metrics beside it");
      batches = metricBatches(process.stdin, step);
    } else {
      const metrics = uniqueEntries([...rest.map(parseMetric), ...(flags.metric ?? [])]);
      batches = [Object.entries(metrics).map(([key, value]) => ({ key, step, value, ...time }))];
    }
    const object = await objectTarget(this.need, first, flags);
    await this.store(await this.connect(flags), object, batches);
  }

  private async store(
    client: ModelBoxClient,
    object: string,
    batches: AsyncIterable<PointInit[]> | PointInit[][],
  ): Promise<void> {
    let last: LogMetricsResponse | undefined;
    let count = 0n;
    for await (const points of batches) {
      if (points.length === 0) continue;
      last = await client.metrics.logMetrics({ object, points }, this.call);
      count += last.pointCount;
    }
    if (last === undefined) throw new UsageError("METRICS is missing; give at least one as key=value");
    if (this.output.mode === "json") return await this.output.json(last);
    await this.output.note(`Stored ${count} ${count === 1n ? "point" : "points"} of ${object}.`);
  }
}
