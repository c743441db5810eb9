import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { requiredProjectFlag } from "../../../flags/objects.ts";
import { labelFlag, repeated } from "../../../flags/values.ts";
import { labelMap } from "../../../input/labels.ts";
import { experimentView } from "../../../views/experiment.ts";

export default class CreateExperiment extends ClientCommand {
  static override summary = "Create an experiment, which is a training run.";
  static override description =
    "The project is created with it when it is not there yet. An experiment that is there with the same fields is returned.";
  static override examples = [
    "modelbox client experiments create --project-id langtech --owner your@email.com --name wav2vec-lid",
    "modelbox client experiments create --project langtech --owner your@email.com --name wav2vec-lid-2 --framework pytorch --external-id run-0815 --label seed=42",
  ];
  static override flags = {
    project: requiredProjectFlag,
    name: Flags.string({ summary: "Name of the experiment; unique in the project.", required: true }),
    owner: Flags.string({ summary: "Who is responsible, for example an e-mail address." }),
    framework: Flags.string({ summary: "What trains it, for example pytorch." }),
    "external-id": Flags.string({ summary: "Run id in the system that started it; unique in the project." }),
    description: Flags.string({ summary: "What it is about." }),
    label: labelFlag(repeated),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CreateExperiment);
    const client = await this.connect(flags);
    const response = await client.experiments.createExperiment(
      {
        namespace: flags.project,
        name: flags.name,
        owner: flags.owner ?? "",
        framework: flags.framework ?? "",
        externalId: flags["external-id"] ?? "",
        description: flags.description ?? "",
        labels: labelMap(flags.label),
      },
      this.call,
    );
    await this.printCreated(response, experimentView, response.experiment);
  }
}
