import { findArtifactId } from "../../../base/find.ts";
import { filesTarget } from "../../../base/targets.ts";
import { TransferCommand } from "../../../base/transfer-command.ts";
import { artifactArgument, artifactFlags } from "../../../flags/objects.ts";
import { artifactView } from "../../../views/artifact.ts";

export default class GetArtifact extends TransferCommand {
  static override summary = "Show an artifact.";
  static override description = "With its first files; `artifacts files` lists all.";
  static override examples = [
    "modelbox client artifacts get 019ab0c1-7a52-7c3e-b1f4-3d1c8e5f2a10",
    "modelbox client artifacts get --object version:langtech/lid@3 --name report --json",
  ];
  static override args = { artifact: artifactArgument };
  static override flags = artifactFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GetArtifact);
    const files = await filesTarget(this.need, args.artifact, flags);
    const client = await this.connect(flags);
    const artifact = await findArtifactId(client, files, flags.name, this.call);
    const response = await client.artifacts.getArtifact({ artifact }, this.call);
    await this.output.object(response, artifactView, response.artifact, ({ id }) =>
      this.fileDetails(client, { artifact: id }),
    );
  }
}
