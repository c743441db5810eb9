import { versionTarget } from "../../../base/targets.ts";
import { TransferCommand } from "../../../base/transfer-command.ts";
import { argument, versionFlags } from "../../../flags/objects.ts";
import type { ModelBoxClient } from "../../../../client/index.ts";
import { LineageDirection } from "../../../../gen/modelbox/v1/lineage_service_pb.ts";
import type { ModelVersion } from "../../../../gen/modelbox/v1/model_version_service_pb.ts";
import { versionView, versionViewWith } from "../../../views/version.ts";

/** A version's checkpoint is one step away in its lineage, the checkpoint's experiment two. */
const ORIGIN_DEPTH = 2;

export default class GetVersion extends TransferCommand {
  static override summary = "Show a version.";
  static override description = "With its tags, metrics, labels and files.";
  static override examples = [
    "modelbox client versions get langtech/lid@3",
    "modelbox client versions get --model langtech/lid --tag production --json",
  ];
  static override args = { version: argument("Id or path of the version; with --model the version alone.") };
  static override flags = versionFlags;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(GetVersion);
    const version = await versionTarget(this.need, args.version, flags);
    const client = await this.connect(flags);
    const response = await client.versions.getModelVersion({ version }, this.call);
    const view = await this.viewOf(client, response.version);
    await this.output.object(response, view, response.version, ({ id }) =>
      this.fileDetails(client, { object: `version:${id}` }),
    );
  }

  /** People see the paths of the checkpoint and experiment, which takes another call. */
  private async viewOf(client: ModelBoxClient, version: ModelVersion | undefined) {
    const hasOrigin = version !== undefined && (version.checkpointId || version.experimentId) !== "";
    if (this.output.mode !== "people" || !hasOrigin) return versionView;
    const { nodes } = await client.lineage.getLineage(
      {
        object: `version:${version.id}`,
        direction: LineageDirection.ANCESTORS,
        maxDepth: ORIGIN_DEPTH,
      },
      this.call,
    );
    return versionViewWith(nodes);
  }
}
