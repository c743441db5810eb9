import { ClientCommand } from "../../../base/client-command.ts";
import { modelTarget } from "../../../base/targets.ts";
import { deleteFlagsWith } from "../../../flags/changes.ts";
import { argument, modelFlag, projectFlag } from "../../../flags/objects.ts";
import { modelView } from "../../../views/model.ts";

export default class DeleteModel extends ClientCommand {
  static override summary = "Delete a model.";
  static override description = "One that has versions is deleted only with --recursive.";
  static override examples = [
    "modelbox client models delete langtech/lid",
    "modelbox client models delete langtech/lid --recursive --yes",
  ];
  static override args = { model: argument("Id or path of the model; with --project its name alone.") };
  static override flags = {
    model: modelFlag,
    project: projectFlag,
    ...deleteFlagsWith("versions or artifacts"),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DeleteModel);
    const model = await modelTarget(this.need, args.model, flags);
    await this.confirmDeletion(`model ${model}`, flags);
    const client = await this.connect(flags);
    const response = await client.models.deleteModel(
      { model, recursive: flags.recursive, etag: flags.etag ?? "" },
      this.call,
    );
    await this.printDeleted(response, modelView, response.model);
  }
}
