import { folderOf } from "../../../base/find.ts";
import { checkpointTarget } from "../../../base/targets.ts";
import { cacheFlag, includeFlag, outputFlag, TransferCommand } from "../../../base/transfer-command.ts";
import { argument, checkpointFlag, experimentFlag } from "../../../flags/objects.ts";
import { NotFoundError } from "../../../output/not-found-error.ts";

export default class DownloadCheckpoint extends TransferCommand {
  static override summary = "Download the files of a checkpoint.";
  static override description =
    "Every byte is checked. After an interruption, the same command fetches only what is missing.";
  static override examples = [
    "modelbox client checkpoints download langtech/wav2vec-lid/latest",
    "modelbox client checkpoints download langtech/wav2vec-lid/step-1000 --output ./restore --include '*.safetensors'",
  ];
  static override args = {
    checkpoint: argument("Id or path of the checkpoint; with --experiment its name alone."),
  };
  static override flags = {
    checkpoint: checkpointFlag,
    experiment: experimentFlag,
    output: outputFlag,
    include: includeFlag,
    cache: cacheFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DownloadCheckpoint);
    const reference = await checkpointTarget(this.need, args.checkpoint, flags);
    const client = await this.connect(flags);
    // By its id from here on: `latest` may be another one by the time its files are listed.
    const { checkpoint } = await client.checkpoints.getCheckpoint({ checkpoint: reference }, this.call);
    if (!checkpoint?.artifact) throw new NotFoundError(`${reference} has no files.`);
    await this.downloadFiles(
      client,
      { artifact: checkpoint.artifact.id },
      flags,
      folderOf(checkpoint.artifact),
    );
  }
}
