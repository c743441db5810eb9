import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { modelTarget } from "../../../base/targets.ts";
import { argument, modelFlag, projectFlag } from "../../../flags/objects.ts";
import { versionView } from "../../../views/version.ts";

export default class UntagVersion extends ClientCommand {
  static override summary = "Take a unique tag away from the version that has it.";
  static override description = "The tag's history stays; `versions tags` shows it.";
  static override examples = [
    "modelbox client versions untag langtech/lid@production",
    "modelbox client versions untag --model langtech/lid --tag production",
  ];
  static override args = {
    tag: argument("Path of the tag, <project>/<model>@<tag>; with --model the tag alone."),
  };
  static override flags = {
    model: modelFlag,
    project: projectFlag,
    tag: Flags.string({ summary: "The tag, for example production.", helpValue: "<tag>" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UntagVersion);
    const [first, second] = args.tag?.split("@", 2) ?? [];
    const [modelArgument, tagArgument] =
      second === undefined && flags.model !== undefined ? [undefined, first] : [first, second];
    const model = await modelTarget(this.need, modelArgument, flags);
    const tag = await this.need(tagArgument ?? flags.tag, {
      typed: "--tag",
      summary: "Tag, for example production",
    });
    const client = await this.connect(flags);
    const response = await client.versions.removeUniqueTag({ model, tag }, this.call);
    await this.output.note(`${response.version?.path ?? "The version"} is no longer ${tag}.`);
    await this.output.object(response, versionView, response.version);
  }
}
