import { ClientCommand } from "../../../base/client-command.ts";
import { versionTarget } from "../../../base/targets.ts";
import { deleteFlagsWith } from "../../../flags/changes.ts";
import { argument, versionFlags } from "../../../flags/objects.ts";
import { versionView } from "../../../views/version.ts";

export default class DeleteVersion extends ClientCommand {
  static override summary = "Delete a version.";
  static override description =
    "One that carries a tag or has artifacts besides its files is deleted only with --recursive; one that a restore holds, not at all.";
  static override examples = [
    "modelbox client versions delete langtech/lid@2",
    "modelbox client versions delete --model langtech/lid --version 3 --recursive --yes",
  ];
  static override args = { version: argument("Id or path of the version; with --model the version alone.") };
  static override flags = { ...versionFlags, ...deleteFlagsWith("tags, or artifacts that were added later") };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DeleteVersion);
    const version = await versionTarget(this.need, args.version, flags);
    await this.confirmDeletion(`version ${version}`, flags);
    const client = await this.connect(flags);
    const response = await client.versions.deleteModelVersion(
      { version, recursive: flags.recursive, etag: flags.etag ?? "" },
      this.call,
    );
    await this.printDeleted(response, versionView, response.version);
  }
}
