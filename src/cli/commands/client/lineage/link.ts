import { ClientCommand } from "../../../base/client-command.ts";
import { namespaceOfNodes } from "../../../base/find.ts";
import { argument, projectFlag } from "../../../flags/objects.ts";
import { edgeTarget } from "../../../base/targets.ts";
import { relationFlag } from "../../../flags/values.ts";
import { edgeView } from "../../../views/lineage.ts";

export default class LinkLineage extends ClientCommand {
  static override summary = "Record that one thing was made from another.";
  static override description =
    "ModelBox links experiments, checkpoints, models and versions by itself; this adds the rest. A link that is there already stays.";
  static override examples = [
    "modelbox client lineage link dataset:common-voice experiment:langtech/wav2vec-lid --relation trained_on",
    "modelbox client lineage link version:langtech/lid@3 deployment:eu-west --relation deployed_to",
  ];
  static override args = {
    source: argument("What it was made from: kind:id, kind:path, dataset:…, worker_run:… or deployment:…."),
    target: argument("What was made."),
  };
  static override flags = { project: projectFlag, relation: relationFlag({ required: true }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LinkLineage);
    const { source, target } = await edgeTarget(this.need, args);
    const client = await this.connect(flags);
    const namespace = flags.project ?? (await namespaceOfNodes(client, [source, target], this.call));
    const edges = [{ source, target, relation: flags.relation }];
    const response = await client.lineage.addLineageEdges({ namespace, edges }, this.call);
    // The server names objects by their ids; people see what they typed.
    const typed = response.edges.map((edge) => ({ ...edge, source, target }));
    await this.output.list(response, edgeView, this.output.mode === "people" ? typed : response.edges);
  }
}
