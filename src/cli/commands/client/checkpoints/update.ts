import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { checkpointTarget } from "../../../base/targets.ts";
import { updateFlags } from "../../../flags/changes.ts";
import { argument, checkpointFlag, experimentFlag } from "../../../flags/objects.ts";
import { changedFields } from "../../../input/changed-fields.ts";
import { checkpointView } from "../../../views/checkpoint.ts";

export default class UpdateCheckpoint extends ClientCommand {
  static override summary = "Rename a checkpoint.";
  static override description = "Its id, its links and its history stay.";
  static override examples = [
    "modelbox client checkpoints update langtech/wav2vec-lid/step-1000 --name best",
    "modelbox client checkpoints update step-1000 --experiment langtech/wav2vec-lid --name best",
  ];
  static override args = {
    checkpoint: argument("Id or path of the checkpoint; with --experiment its name alone."),
  };
  static override flags = {
    checkpoint: checkpointFlag,
    experiment: experimentFlag,
    name: Flags.string({ summary: "New name." }),
    ...updateFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UpdateCheckpoint);
    const update = changedFields({ name: flags.name });
    const checkpoint = await checkpointTarget(this.need, args.checkpoint, flags);
    const client = await this.connect(flags);
    const response = await client.checkpoints.updateCheckpoint(
      { checkpoint, update, etag: flags.etag ?? "" },
      this.call,
    );
    await this.output.object(response, checkpointView, response.checkpoint);
  }
}
