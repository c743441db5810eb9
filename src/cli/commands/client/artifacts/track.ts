import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { objectTarget } from "../../../base/targets.ts";
import { argumentList, objectFlags } from "../../../flags/objects.ts";
import { int64Flag, repeated } from "../../../flags/values.ts";
import { trackedFiles } from "../../../input/tracked-files.ts";
import { artifactView } from "../../../views/artifact.ts";

export default class TrackArtifact extends ClientCommand {
  static override summary = "Record files that stay where they are, at outside addresses.";
  static override description =
    "ModelBox never opens the addresses. --path, --sha256 and --size-bytes, where they are given, come as often as addresses and in their order.";
  static override examples = [
    "modelbox client artifacts track --experiment langtech/wav2vec-lid --name dataset s3://datasets/common-voice/train.parquet",
    "modelbox client artifacts track --object version:langtech/lid@3 --name card --uri https://example.com/lid.pdf --path card.pdf --size-bytes 52417",
  ];
  static override args = {
    uris: argumentList("Addresses of the files, with a scheme such as s3:// or https://."),
  };
  static override flags = {
    ...objectFlags,
    name: Flags.string({ summary: "Name of the artifact; unique on the object.", required: true }),
    uri: Flags.string({ ...repeated, summary: "Address of a file. Repeat it for more.", helpValue: "<uri>" }),
    path: Flags.string({
      ...repeated,
      summary: "Path under which the file is listed; by default the last part of its address.",
      helpValue: "<path>",
    }),
    sha256: Flags.string({
      ...repeated,
      aliases: ["digest"],
      summary: "SHA-256 of the file.",
      helpValue: "<hex>",
    }),
    "size-bytes": int64Flag({ ...repeated, summary: "Size of the file." }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TrackArtifact);
    const object = await objectTarget(this.need, undefined, flags);
    const uris = [...(flags.uri ?? []), ...(args.uris ?? [])];
    if (uris.length === 0) {
      uris.push(
        await this.need(undefined, {
          typed: "--uri",
          summary: "Address of the file, for example s3://bucket/key",
        }),
      );
    }
    const files = trackedFiles(uris, {
      paths: flags.path,
      digests: flags.sha256,
      sizes: flags["size-bytes"],
    });
    const client = await this.connect(flags);
    const response = await client.artifacts.trackArtifact({ object, name: flags.name, files }, this.call);
    await this.printCreated(response, artifactView, response.artifact);
  }
}
