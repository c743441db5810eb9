import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { objectTarget } from "../../../base/targets.ts";
import { pageFlagsOf } from "../../../flags/list.ts";
import { argument, objectFlags } from "../../../flags/objects.ts";
import { int64Flag, repeated } from "../../../flags/values.ts";
import { UsageError } from "../../../output/usage-error.ts";
import { metricView } from "../../../views/metric.ts";

/** What one call returns at most. */
const MAX_POINT_PAGE_SIZE = 10_000;

export default class GetMetrics extends ClientCommand {
  static override summary = "Show the metrics of an object: the latest of each key, or their history.";
  static override description =
    "The latest value is that at the highest step. --history, --min-step and --max-step list single points, by key and step. With --quiet it prints keys.";
  static override examples = [
    "modelbox client metrics get experiment:langtech/wav2vec-lid",
    "modelbox client metrics get --experiment langtech/wav2vec-lid --key loss --history --all --json",
  ];
  static override args = { object: argument("Any object as kind:id or kind:path.") };
  static override flags = {
    ...objectFlags,
    key: Flags.string({ ...repeated, summary: "Only this metric. Repeat it for more.", helpValue: "<key>" }),
    history: Flags.boolean({ summary: "List the points of all steps instead of the latest." }),
    "min-step": int64Flag({ summary: "History from this step on." }),
    "max-step": int64Flag({ summary: "History up to this step." }),
    ...pageFlagsOf(MAX_POINT_PAGE_SIZE),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GetMetrics);
    const { key: keys = [], "min-step": minStep, "max-step": maxStep } = flags;
    const isHistory = flags.history || minStep !== undefined || maxStep !== undefined;
    if (isHistory && keys.length > 1)
      throw new UsageError("The history is of one --key, or of all without --key");
    const object = await objectTarget(this.need, args.object, flags);
    const client = await this.connect(flags);
    if (!isHistory) {
      const response = await client.metrics.getMetrics({ object, keys }, this.call);
      return await this.output.list(response, metricView, response.points);
    }
    await this.printPages(
      flags,
      metricView,
      (page) =>
        client.metrics.listMetricPoints({ object, key: keys[0] ?? "", minStep, maxStep, ...page }, this.call),
      (response) => response.points,
    );
  }
}
