import { ClientCommand } from "../../../base/client-command.ts";
import { experimentTarget } from "../../../base/targets.ts";
import { deleteFlagsWith } from "../../../flags/changes.ts";
import { argument, experimentFlag, projectFlag } from "../../../flags/objects.ts";
import { experimentView } from "../../../views/experiment.ts";

export default class DeleteExperiment extends ClientCommand {
  static override summary = "Delete an experiment.";
  static override description = "One that has checkpoints is deleted only with --recursive.";
  static override examples = [
    "modelbox client experiments delete langtech/wav2vec-lid",
    "modelbox client experiments delete langtech/wav2vec-lid --recursive --yes",
  ];
  static override args = {
    experiment: argument("Id or path of the experiment; with --project its name alone."),
  };
  static override flags = {
    experiment: experimentFlag,
    project: projectFlag,
    ...deleteFlagsWith("checkpoints or artifacts"),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DeleteExperiment);
    const experiment = await experimentTarget(this.need, args.experiment, flags);
    await this.confirmDeletion(`experiment ${experiment}`, flags);
    const client = await this.connect(flags);
    const response = await client.experiments.deleteExperiment(
      { experiment, recursive: flags.recursive, etag: flags.etag ?? "" },
      this.call,
    );
    await this.printDeleted(response, experimentView, response.experiment);
  }
}
