import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { versionTarget } from "../../../base/targets.ts";
import { updateFlags } from "../../../flags/changes.ts";
import { argument, versionFlags } from "../../../flags/objects.ts";
import { changedFields } from "../../../input/changed-fields.ts";
import { versionView } from "../../../views/version.ts";

export default class UpdateVersion extends ClientCommand {
  static override summary = "Change what a version says about itself.";
  static override description =
    "Only the fields that are given change; an empty text clears a field. Its files and the version itself never change.";
  static override examples = [
    "modelbox client versions update langtech/lid@3 --description 'Trained on twice the data'",
    "modelbox client versions update --model langtech/lid --tag production --framework onnx",
  ];
  static override args = { version: argument("Id or path of the version; with --model the version alone.") };
  static override flags = {
    ...versionFlags,
    name: Flags.string({ summary: "New title." }),
    description: Flags.string({ summary: "New description." }),
    framework: Flags.string({ summary: "New framework." }),
    ...updateFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UpdateVersion);
    const update = changedFields({
      name: flags.name,
      description: flags.description,
      framework: flags.framework,
    });
    const version = await versionTarget(this.need, args.version, flags);
    const client = await this.connect(flags);
    const response = await client.versions.updateModelVersion(
      { version, update, etag: flags.etag ?? "" },
      this.call,
    );
    await this.output.object(response, versionView, response.version);
  }
}
