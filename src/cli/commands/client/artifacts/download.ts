import { findArtifact, folderOf } from "../../../base/find.ts";
import { filesTarget } from "../../../base/targets.ts";
import { cacheFlag, includeFlag, outputFlag, TransferCommand } from "../../../base/transfer-command.ts";
import { artifactArgument, artifactFlags } from "../../../flags/objects.ts";

export default class DownloadArtifact extends TransferCommand {
  static override summary = "Download the files of an artifact.";
  static override description =
    "Every byte is checked. After an interruption, the same command fetches only what is missing. Tracked files are named, not fetched.";
  static override examples = [
    "modelbox client artifacts download 019ab0c1-7a52-7c3e-b1f4-3d1c8e5f2a10 --output ./report",
    "modelbox client artifacts download --object version:langtech/lid@3 --name report",
  ];
  static override args = { artifact: artifactArgument };
  static override flags = {
    ...artifactFlags,
    output: outputFlag,
    include: includeFlag,
    cache: cacheFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DownloadArtifact);
    const files = await filesTarget(this.need, args.artifact, flags);
    const client = await this.connect(flags);
    const artifact = await findArtifact(client, files, flags.name, this.call);
    await this.downloadFiles(client, { artifact: artifact.id }, flags, folderOf(artifact));
  }
}
