import { experimentTarget } from "../../../base/targets.ts";
import { TransferCommand } from "../../../base/transfer-command.ts";
import { argument, experimentFlag, projectFlag } from "../../../flags/objects.ts";
import { checkpointView } from "../../../views/checkpoint.ts";

export default class LatestCheckpoint extends TransferCommand {
  static override summary = "Show the last committed checkpoint of an experiment.";
  static override description = "The path <project>/<experiment>/latest names it everywhere else too.";
  static override examples = [
    "modelbox client checkpoints latest langtech/wav2vec-lid",
    "modelbox client checkpoints latest --experiment langtech/wav2vec-lid --quiet",
  ];
  static override args = {
    experiment: argument("Id or path of the experiment; with --project its name alone."),
  };
  static override flags = { experiment: experimentFlag, project: projectFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LatestCheckpoint);
    const experiment = await experimentTarget(this.need, args.experiment, flags);
    const client = await this.connect(flags);
    const response = await client.checkpoints.getCheckpoint(
      { checkpoint: `${experiment}/latest` },
      this.call,
    );
    await this.output.object(response, checkpointView, response.checkpoint, ({ id }) =>
      this.fileDetails(client, { object: `checkpoint:${id}` }),
    );
  }
}
