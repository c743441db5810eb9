import { ClientCommand } from "../../../base/client-command.ts";
import { objectTarget } from "../../../base/targets.ts";
import { argument, objectFlags } from "../../../flags/objects.ts";
import { labelEntries, labelView } from "../../../views/label.ts";

export default class GetLabels extends ClientCommand {
  static override summary = "Show the labels of an object.";
  static override description = "With --quiet it prints their keys.";
  static override examples = [
    "modelbox client labels get experiment:langtech/wav2vec-lid",
    "modelbox client labels get --model langtech/lid --tag production --json",
  ];
  static override args = { object: argument("Any object as kind:id or kind:path.") };
  static override flags = objectFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GetLabels);
    const object = await objectTarget(this.need, args.object, flags);
    const client = await this.connect(flags);
    const response = await client.labels.getLabels({ object }, this.call);
    await this.output.list(response, labelView, labelEntries(response.labels));
  }
}
