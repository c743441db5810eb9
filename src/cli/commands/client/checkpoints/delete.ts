import { ClientCommand } from "../../../base/client-command.ts";
import { checkpointTarget } from "../../../base/targets.ts";
import { deleteFlagsWith } from "../../../flags/changes.ts";
import { argument, checkpointFlag, experimentFlag } from "../../../flags/objects.ts";
import { checkpointView } from "../../../views/checkpoint.ts";

export default class DeleteCheckpoint extends ClientCommand {
  static override summary = "Delete a checkpoint.";
  static override description =
    "One that has artifacts of its own besides its files is deleted only with --recursive; one that a restore holds, not at all.";
  static override examples = [
    "modelbox client checkpoints delete langtech/wav2vec-lid/step-1000",
    "modelbox client checkpoints delete langtech/wav2vec-lid/step-1000 --recursive --yes",
  ];
  static override args = {
    checkpoint: argument("Id or path of the checkpoint; with --experiment its name alone."),
  };
  static override flags = {
    checkpoint: checkpointFlag,
    experiment: experimentFlag,
    ...deleteFlagsWith("artifacts that were added later"),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DeleteCheckpoint);
    const checkpoint = await checkpointTarget(this.need, args.checkpoint, flags);
    await this.confirmDeletion(`checkpoint ${checkpoint}`, flags);
    const client = await this.connect(flags);
    const response = await client.checkpoints.deleteCheckpoint(
      { checkpoint, recursive: flags.recursive, etag: flags.etag ?? "" },
      this.call,
    );
    await this.printDeleted(response, checkpointView, response.checkpoint);
  }
}
