import { ClientCommand } from "../../../base/client-command.ts";
import { objectTarget, takeObject } from "../../../base/targets.ts";
import { updateFlags } from "../../../flags/changes.ts";
import { argumentList, objectFlags } from "../../../flags/objects.ts";
import { labelFlag, repeated } from "../../../flags/values.ts";
import { labelMap, parseLabel } from "../../../input/labels.ts";
import { UsageError } from "../../../output/usage-error.ts";
import { labelEntries, labelView } from "../../../views/label.ts";

export default class SetLabels extends ClientCommand {
  static override summary = "Set labels on an object; its other labels stay.";
  static override description =
    "Values are JSON, or else text: epochs=3, frozen=true, team=speech; text that reads as JSON goes in quotes: build='\"7\"'.";
  static override examples = [
    "modelbox client labels set --object experiment:langtech/wav2vec-lid team=speech seed=42",
    'modelbox client labels set version:langtech/lid@3 languages=\'["de","fr"]\'',
  ];
  static override args = {
    labels: argumentList("Labels as key=value; the object may stand in front as kind:path."),
  };
  static override flags = { ...objectFlags, label: labelFlag(repeated), ...updateFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SetLabels);
    const { object: first, rest } = takeObject(args.labels ?? []);
    const entries = [...rest.map(parseLabel), ...(flags.label ?? [])];
    if (entries.length === 0) throw new UsageError("LABELS is missing; give at least one as key=value");
    const labels = labelMap(entries);
    const object = await objectTarget(this.need, first, flags);
    const client = await this.connect(flags);
    const response = await client.labels.setLabels({ object, labels, etag: flags.etag ?? "" }, this.call);
    await this.output.list(response, labelView, labelEntries(response.labels));
  }
}
