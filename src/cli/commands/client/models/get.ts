import { ClientCommand } from "../../../base/client-command.ts";
import { modelTarget } from "../../../base/targets.ts";
import { argument, modelFlag, projectFlag } from "../../../flags/objects.ts";
import { modelView } from "../../../views/model.ts";

export default class GetModel extends ClientCommand {
  static override summary = "Show a model.";
  static override description = "With its labels, its latest version and who carries which unique tag.";
  static override examples = [
    "modelbox client models get langtech/lid",
    "modelbox client models get lid --project langtech --json",
  ];
  static override args = { model: argument("Id or path of the model; with --project its name alone.") };
  static override flags = { model: modelFlag, project: projectFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GetModel);
    const model = await modelTarget(this.need, args.model, flags);
    const client = await this.connect(flags);
    const response = await client.models.getModel({ model }, this.call);
    await this.output.object(response, modelView, response.model);
  }
}
