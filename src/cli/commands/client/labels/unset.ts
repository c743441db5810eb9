import { ClientCommand } from "../../../base/client-command.ts";
import { objectTarget, takeObject } from "../../../base/targets.ts";
import { updateFlags } from "../../../flags/changes.ts";
import { argumentList, objectFlags } from "../../../flags/objects.ts";
import { UsageError } from "../../../output/usage-error.ts";
import { labelEntries, labelView } from "../../../views/label.ts";

export default class UnsetLabels extends ClientCommand {
  static override summary = "Remove labels from an object.";
  static override description = "One that is not there is no error. Prints the labels that stay.";
  static override examples = [
    "modelbox client labels unset --object experiment:langtech/wav2vec-lid seed",
    "modelbox client labels unset version:langtech/lid@3 languages team",
  ];
  static override args = {
    keys: argumentList("Keys of the labels; the object may stand in front as kind:path."),
  };
  static override flags = { ...objectFlags, ...updateFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UnsetLabels);
    const { object: first, rest: keys } = takeObject(args.keys ?? []);
    if (keys.length === 0) throw new UsageError("KEYS is missing; give the key of at least one label");
    const object = await objectTarget(this.need, first, flags);
    const client = await this.connect(flags);
    const response = await client.labels.unsetLabels(
      { object, keys: [...keys], etag: flags.etag ?? "" },
      this.call,
    );
    await this.output.list(response, labelView, labelEntries(response.labels));
  }
}
