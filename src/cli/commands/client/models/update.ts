import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { modelTarget } from "../../../base/targets.ts";
import { updateFlags } from "../../../flags/changes.ts";
import { argument, modelFlag, projectFlag } from "../../../flags/objects.ts";
import { changedFields } from "../../../input/changed-fields.ts";
import { modelView } from "../../../views/model.ts";

export default class UpdateModel extends ClientCommand {
  static override summary = "Change a model.";
  static override description = "Only the fields that are given change; an empty text clears a field.";
  static override examples = [
    "modelbox client models update langtech/lid --owner other@email.com",
    "modelbox client models update langtech/lid --name lid-old --task language-identification",
  ];
  static override args = { model: argument("Id or path of the model; with --project its name alone.") };
  static override flags = {
    model: modelFlag,
    project: projectFlag,
    name: Flags.string({ summary: "New name; ids, links and history stay." }),
    owner: Flags.string({ summary: "New owner." }),
    task: Flags.string({ summary: "New task." }),
    description: Flags.string({ summary: "New description." }),
    ...updateFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UpdateModel);
    const update = changedFields({
      name: flags.name,
      owner: flags.owner,
      task: flags.task,
      description: flags.description,
    });
    const model = await modelTarget(this.need, args.model, flags);
    const client = await this.connect(flags);
    const response = await client.models.updateModel({ model, update, etag: flags.etag ?? "" }, this.call);
    await this.output.object(response, modelView, response.model);
  }
}
