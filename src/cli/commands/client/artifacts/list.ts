import { ClientCommand } from "../../../base/client-command.ts";
import { objectTarget } from "../../../base/targets.ts";
import { listFlags, queryOf } from "../../../flags/list.ts";
import { argument, objectFlags } from "../../../flags/objects.ts";
import { artifactView } from "../../../views/artifact.ts";

export default class ListArtifacts extends ClientCommand {
  static override summary = "List the artifacts of an object.";
  static override description =
    "Newest first, unless --order-by says otherwise. The one called default was stored with its checkpoint or version.";
  static override examples = [
    "modelbox client artifacts list version:langtech/lid@3",
    "modelbox client artifacts list --experiment langtech/wav2vec-lid --json",
  ];
  static override args = { object: argument("Any object as kind:id or kind:path.") };
  static override flags = { ...objectFlags, ...listFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ListArtifacts);
    const object = await objectTarget(this.need, args.object, flags);
    const client = await this.connect(flags);
    await this.printPages(
      flags,
      artifactView,
      (page) => client.artifacts.listArtifacts({ object, ...page, ...queryOf(flags) }, this.call),
      (response) => response.artifacts,
    );
  }
}
