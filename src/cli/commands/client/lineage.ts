import { Flags } from "@oclif/core";
import { ClientCommand } from "../../base/client-command.ts";
import { nodeTarget } from "../../base/targets.ts";
import { argument, objectFlags } from "../../flags/objects.ts";
import { LineageDirection } from "../../../gen/modelbox/v1/lineage_service_pb.ts";
import { renderLineage } from "../../views/lineage.ts";

const MAX_DEPTH = 100;
const directions = {
  both: LineageDirection.UNSPECIFIED,
  ancestors: LineageDirection.ANCESTORS,
  descendants: LineageDirection.DESCENDANTS,
} as const;

export default class ShowLineage extends ClientCommand {
  static override summary = "Show what an object was made from, and what was made from it.";
  static override description =
    "Follows experiments, checkpoints, models and versions, and the datasets, worker runs and deployments that were linked. With --quiet it prints each as kind:id.";
  static override examples = [
    "modelbox client lineage version:langtech/lid@3",
    "modelbox client lineage dataset:common-voice --project langtech --direction descendants --max-depth 10",
  ];
  static override args = {
    object: argument("Any object as kind:id or kind:path, or dataset:…, worker_run:…, deployment:…."),
  };
  static override flags = {
    ...objectFlags,
    direction: Flags.option({
      options: ["both", "ancestors", "descendants"] as const,
      default: "both",
      summary: "Which way to look.",
    })(),
    "max-depth": Flags.integer({ summary: "How many steps to go; by default 5.", min: 1, max: MAX_DEPTH }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ShowLineage);
    const object = await nodeTarget(this.need, args.object, flags);
    const client = await this.connect(flags);
    const response = await client.lineage.getLineage(
      {
        object,
        namespace: flags.project ?? "",
        direction: directions[flags.direction],
        maxDepth: flags["max-depth"] ?? 0,
      },
      this.call,
    );
    if (this.output.mode === "json") return await this.output.json(response);
    if (this.output.mode === "quiet") {
      return await this.output.text(response.nodes.map(({ node }) => `${node}\n`).join(""));
    }
    await this.output.text(renderLineage(response));
    if (response.truncated) await this.output.note("There is more; these are the nearest.");
  }
}
