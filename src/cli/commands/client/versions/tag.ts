import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { versionTarget } from "../../../base/targets.ts";
import { argument, modelFlag, projectFlag, versionFlag } from "../../../flags/objects.ts";
import { UsageError } from "../../../output/usage-error.ts";
import { versionView } from "../../../views/version.ts";

export default class TagVersion extends ClientCommand {
  static override summary = "Give a unique tag to a version, taking it from the one that had it.";
  static override description =
    "The tag moves in one step: whoever asks for it gets the old version or the new one. `versions tags` shows who had it when.";
  static override examples = [
    "modelbox client versions tag langtech/lid@3 production",
    "modelbox client versions tag --model langtech/lid --version 2 --tag production --expected-version langtech/lid@3",
  ];
  static override args = {
    version: argument("Id or path of the version; with --model the version alone."),
    tag: argument("The tag."),
  };
  static override flags = {
    version: versionFlag,
    model: modelFlag,
    project: projectFlag,
    tag: Flags.string({ summary: "The tag, for example production.", helpValue: "<tag>" }),
    "expected-version": Flags.string({
      summary: "Only if this version has the tag now; `none` if nobody may have it.",
      helpValue: "<version>",
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TagVersion);
    const { tag: tagFlag, ...objectFlags } = flags;
    // With --version the only argument is the tag.
    const [versionArgument, tagArgument] =
      flags.version === undefined ? [args.version, args.tag] : [undefined, args.version];
    if (tagFlag !== undefined && tagArgument !== undefined && tagFlag !== tagArgument) {
      throw new UsageError(`The tags ${tagArgument} and ${tagFlag} are both given; give one`);
    }
    const version = await versionTarget(this.need, versionArgument, objectFlags);
    const tag = await this.need(tagArgument ?? tagFlag, {
      typed: "--tag",
      summary: "Tag, for example production",
    });
    const client = await this.connect(flags);
    const response = await client.versions.setUniqueTag(
      { version, tag, expectedVersion: flags["expected-version"] ?? "" },
      this.call,
    );
    await this.output.note(`${response.version?.path ?? version} is ${tag} now.`);
    await this.output.object(response, versionView, response.version);
  }
}
