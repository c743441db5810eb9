import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { findArtifactId } from "../../../base/find.ts";
import { filesTarget } from "../../../base/targets.ts";
import { deleteFlags } from "../../../flags/changes.ts";
import { artifactArgument, artifactFlags } from "../../../flags/objects.ts";
import { artifactView } from "../../../views/artifact.ts";

export default class DeleteArtifact extends ClientCommand {
  static override summary = "Delete an artifact that was added to an object.";
  static override description =
    "The files that were stored with a checkpoint or version go with it, not before.";
  static override examples = [
    "modelbox client artifacts delete 019ab0c1-7a52-7c3e-b1f4-3d1c8e5f2a10",
    "modelbox client artifacts delete --object version:langtech/lid@3 --name report --yes",
  ];
  static override args = { artifact: artifactArgument };
  static override flags = {
    ...artifactFlags,
    name: Flags.string({ summary: "Which artifact of the object." }),
    ...deleteFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DeleteArtifact);
    const files = await filesTarget(this.need, args.artifact, flags);
    const name =
      "object" in files
        ? await this.need(flags.name, { typed: "--name", summary: "Name of the artifact" })
        : flags.name;
    const what = "object" in files ? `${name} of ${files.object}` : files.artifact;
    await this.confirmDeletion(`artifact ${what}`, flags);
    const client = await this.connect(flags);
    const artifact = await findArtifactId(client, files, name, this.call);
    const response = await client.artifacts.deleteArtifact({ artifact }, this.call);
    await this.printDeleted(response, artifactView, response.artifact);
  }
}
