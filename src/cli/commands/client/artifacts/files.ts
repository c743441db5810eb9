import { Flags } from "@oclif/core";
import { findArtifactId } from "../../../base/find.ts";
import { filesTarget } from "../../../base/targets.ts";
import { TransferCommand } from "../../../base/transfer-command.ts";
import { pageFlagsOf } from "../../../flags/list.ts";
import { artifactArgument, artifactFlags } from "../../../flags/objects.ts";
import { fileView } from "../../../views/artifact.ts";

export default class ListFiles extends TransferCommand {
  static override summary = "List the files of an artifact.";
  static override description = "In the order of their paths, with size and SHA-256.";
  static override examples = [
    "modelbox client artifacts files version:langtech/lid@3",
    "modelbox client artifacts files --object version:langtech/lid@3 --name report",
    "modelbox client artifacts files 019ab0c1-7a52-7c3e-b1f4-3d1c8e5f2a10 --path-prefix tokenizer --all",
  ];
  static override args = { artifact: artifactArgument };
  static override flags = {
    ...artifactFlags,
    "path-prefix": Flags.string({
      summary: "Only this file, or the files in this folder.",
      helpValue: "<path>",
    }),
    ...pageFlagsOf(1000),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ListFiles);
    const files = await filesTarget(this.need, args.artifact, flags);
    const client = await this.connect(flags);
    const artifact = await findArtifactId(client, files, flags.name, this.call);
    await this.printPages(
      flags,
      fileView,
      (page) =>
        client.artifacts.listFiles({ artifact, pathPrefix: flags["path-prefix"] ?? "", ...page }, this.call),
      (response) => response.files,
    );
  }
}
