import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { requiredProjectFlag } from "../../../flags/objects.ts";
import { labelFlag, repeated } from "../../../flags/values.ts";
import { labelMap } from "../../../input/labels.ts";
import { experimentName } from "../../../input/object-name.ts";
import { modelView } from "../../../views/model.ts";

export default class CreateModel extends ClientCommand {
  static override summary = "Create a model, which holds the trained versions for one task.";
  static override description =
    "The project is created with it when it is not there yet. A model that is there with the same fields is returned.";
  static override examples = [
    "modelbox client models create --project-id langtech --name lid --owner your@email.com --task lang-id",
    "modelbox client models create --project langtech --name lid --owner your@email.com --task lang-id --experiment wav2vec-lid",
  ];
  static override flags = {
    project: requiredProjectFlag,
    name: Flags.string({ summary: "Name of the model; unique in the project.", required: true }),
    owner: Flags.string({ summary: "Who is responsible, for example an e-mail address." }),
    task: Flags.string({ summary: "What it does, for example lang-id." }),
    description: Flags.string({ summary: "What it is about." }),
    experiment: Flags.string({
      summary: "Id, path or name of the experiment that the lineage links to it.",
      helpValue: "<experiment>",
    }),
    label: labelFlag(repeated),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CreateModel);
    const client = await this.connect(flags);
    const response = await client.models.createModel(
      {
        namespace: flags.project,
        name: flags.name,
        owner: flags.owner ?? "",
        task: flags.task ?? "",
        description: flags.description ?? "",
        experiment: flags.experiment === undefined ? "" : experimentName(flags),
        labels: labelMap(flags.label),
      },
      this.call,
    );
    await this.printCreated(response, modelView, response.model);
  }
}
