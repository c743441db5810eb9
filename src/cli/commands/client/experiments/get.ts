import { ClientCommand } from "../../../base/client-command.ts";
import { experimentTarget } from "../../../base/targets.ts";
import { argument, experimentFlag, projectFlag } from "../../../flags/objects.ts";
import { experimentView } from "../../../views/experiment.ts";

export default class GetExperiment extends ClientCommand {
  static override summary = "Show an experiment.";
  static override description = "With its labels and the latest value of each metric.";
  static override examples = [
    "modelbox client experiments get langtech/wav2vec-lid",
    "modelbox client experiments get wav2vec-lid --project langtech --json",
  ];
  static override args = {
    experiment: argument("Id or path of the experiment; with --project its name alone."),
  };
  static override flags = { experiment: experimentFlag, project: projectFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GetExperiment);
    const experiment = await experimentTarget(this.need, args.experiment, flags);
    const client = await this.connect(flags);
    const response = await client.experiments.getExperiment({ experiment }, this.call);
    await this.output.object(response, experimentView, response.experiment);
  }
}
