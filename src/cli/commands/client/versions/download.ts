import { folderOf } from "../../../base/find.ts";
import { versionTarget } from "../../../base/targets.ts";
import { cacheFlag, includeFlag, outputFlag, TransferCommand } from "../../../base/transfer-command.ts";
import { argument, versionFlags } from "../../../flags/objects.ts";
import { NotFoundError } from "../../../output/not-found-error.ts";

export default class DownloadVersion extends TransferCommand {
  static override summary = "Download the files of a version.";
  static override description =
    "Every byte is checked. After an interruption, the same command fetches only what is missing.";
  static override examples = [
    "modelbox client versions download langtech/lid@3",
    "modelbox client versions download --model langtech/lid --tag production --output ./serving",
  ];
  static override args = { version: argument("Id or path of the version; with --model the version alone.") };
  static override flags = { ...versionFlags, output: outputFlag, include: includeFlag, cache: cacheFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DownloadVersion);
    const reference = await versionTarget(this.need, args.version, flags);
    const client = await this.connect(flags);
    // By its id from here on: a tag may have moved by the time its files are listed.
    const { version } = await client.versions.getModelVersion({ version: reference }, this.call);
    if (!version?.artifact) throw new NotFoundError(`${reference} has no files.`);
    await this.downloadFiles(client, { artifact: version.artifact.id }, flags, folderOf(version.artifact));
  }
}
