import { ClientCommand } from "../../../base/client-command.ts";
import { namespaceOfNodes } from "../../../base/find.ts";
import { edgeTarget } from "../../../base/targets.ts";
import { argument, projectFlag } from "../../../flags/objects.ts";
import { relationFlag } from "../../../flags/values.ts";

export default class UnlinkLineage extends ClientCommand {
  static override summary = "Take back a link that was recorded.";
  static override description = "One that is not there is no error. Links that ModelBox made by itself stay.";
  static override examples = [
    "modelbox client lineage unlink dataset:common-voice experiment:langtech/wav2vec-lid --relation trained_on",
    "modelbox client lineage unlink version:langtech/lid@3 deployment:eu-west --relation deployed_to --json",
  ];
  static override args = {
    source: argument("What it was made from: kind:id, kind:path, dataset:…, worker_run:… or deployment:…."),
    target: argument("What was made."),
  };
  static override flags = { project: projectFlag, relation: relationFlag({ required: true }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UnlinkLineage);
    const { source, target } = await edgeTarget(this.need, args);
    const client = await this.connect(flags);
    const namespace = flags.project ?? (await namespaceOfNodes(client, [source, target], this.call));
    const edges = [{ source, target, relation: flags.relation }];
    const response = await client.lineage.removeLineageEdges({ namespace, edges }, this.call);
    if (this.output.mode === "json") return await this.output.json(response);
    await this.output.note(response.removedCount === 0n ? "There was no such link." : "Removed the link.");
  }
}
