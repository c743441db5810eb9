import { Flags } from "@oclif/core";
import { namespaceIdOf } from "../../../base/find.ts";
import { objectTarget } from "../../../base/targets.ts";
import { TransferCommand } from "../../../base/transfer-command.ts";
import { argumentList, objectFlags } from "../../../flags/objects.ts";
import { UsageError } from "../../../output/usage-error.ts";
import { artifactView } from "../../../views/artifact.ts";

export default class UploadArtifact extends TransferCommand {
  static override summary = "Store files on an object as a named artifact.";
  static override description =
    "Artifacts never change. After an interruption, the same command sends only what is missing. Files are stored under their name, folders with the paths inside them.";
  static override examples = [
    "modelbox client artifacts upload --object version:langtech/lid@3 --name evaluation report.html",
    "modelbox client artifacts upload --experiment langtech/wav2vec-lid --name logs ./logs",
  ];
  static override args = { files: argumentList("Files and folders to store.") };
  static override flags = {
    ...objectFlags,
    name: Flags.string({ summary: "Name of the artifact; unique on the object.", required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UploadArtifact);
    const object = await objectTarget(this.need, undefined, flags);
    if (args.files === undefined) throw new UsageError("FILES is missing; name at least one file or folder");
    const client = await this.connect(flags);
    const namespace = await namespaceIdOf(client, object, this.call);
    const response = await this.uploadFiles(client, namespace, args.files, (files) =>
      client.artifacts.commitArtifact({ object, name: flags.name, files }, this.call),
    );
    await this.printCreated(response, artifactView, response.artifact);
  }
}
