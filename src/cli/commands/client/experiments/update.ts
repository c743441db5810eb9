import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { experimentTarget } from "../../../base/targets.ts";
import { updateFlags } from "../../../flags/changes.ts";
import { argument, experimentFlag, projectFlag } from "../../../flags/objects.ts";
import { changedFields } from "../../../input/changed-fields.ts";
import { experimentView } from "../../../views/experiment.ts";

export default class UpdateExperiment extends ClientCommand {
  static override summary = "Change an experiment.";
  static override description = "Only the fields that are given change; an empty text clears a field.";
  static override examples = [
    "modelbox client experiments update langtech/wav2vec-lid --owner other@email.com",
    "modelbox client experiments update langtech/wav2vec-lid --name wav2vec-lid-old --description ''",
  ];
  static override args = {
    experiment: argument("Id or path of the experiment; with --project its name alone."),
  };
  static override flags = {
    experiment: experimentFlag,
    project: projectFlag,
    name: Flags.string({ summary: "New name; ids, links and history stay." }),
    owner: Flags.string({ summary: "New owner." }),
    framework: Flags.string({ summary: "New framework." }),
    "external-id": Flags.string({ summary: "New run id." }),
    description: Flags.string({ summary: "New description." }),
    ...updateFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(UpdateExperiment);
    const update = changedFields({
      name: flags.name,
      owner: flags.owner,
      framework: flags.framework,
      externalId: flags["external-id"],
      description: flags.description,
    });
    const experiment = await experimentTarget(this.need, args.experiment, flags);
    const client = await this.connect(flags);
    const response = await client.experiments.updateExperiment(
      { experiment, update, etag: flags.etag ?? "" },
      this.call,
    );
    await this.output.object(response, experimentView, response.experiment);
  }
}
