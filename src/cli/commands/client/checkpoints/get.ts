import { checkpointTarget } from "../../../base/targets.ts";
import { TransferCommand } from "../../../base/transfer-command.ts";
import { argument, checkpointFlag, experimentFlag } from "../../../flags/objects.ts";
import { checkpointView } from "../../../views/checkpoint.ts";

export default class GetCheckpoint extends TransferCommand {
  static override summary = "Show a checkpoint.";
  static override description = "With its metrics, labels and files.";
  static override examples = [
    "modelbox client checkpoints get langtech/wav2vec-lid/step-1000",
    "modelbox client checkpoints get step-1000 --experiment langtech/wav2vec-lid --json",
  ];
  static override args = {
    checkpoint: argument("Id or path of the checkpoint; with --experiment its name alone."),
  };
  static override flags = { checkpoint: checkpointFlag, experiment: experimentFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GetCheckpoint);
    const checkpoint = await checkpointTarget(this.need, args.checkpoint, flags);
    const client = await this.connect(flags);
    const response = await client.checkpoints.getCheckpoint({ checkpoint }, this.call);
    await this.output.object(response, checkpointView, response.checkpoint, ({ id }) =>
      this.fileDetails(client, { object: `checkpoint:${id}` }),
    );
  }
}
