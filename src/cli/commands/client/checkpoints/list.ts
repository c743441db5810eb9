import { ClientCommand } from "../../../base/client-command.ts";
import { experimentTarget } from "../../../base/targets.ts";
import { listFlags, queryOf } from "../../../flags/list.ts";
import { argument, experimentFlag, projectFlag } from "../../../flags/objects.ts";
import { checkpointView } from "../../../views/checkpoint.ts";

export default class ListCheckpoints extends ClientCommand {
  static override summary = "List the checkpoints of an experiment, or of a project.";
  static override description = "Newest first, unless --order-by says otherwise.";
  static override examples = [
    "modelbox client checkpoints list langtech/wav2vec-lid",
    "modelbox client checkpoints list --project langtech --filter 'metrics.loss < 0.3' --order-by metrics.loss --limit 5",
  ];
  static override args = {
    experiment: argument("Id or path of the experiment; with --project its name alone."),
  };
  static override flags = { experiment: experimentFlag, project: projectFlag, ...listFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ListCheckpoints);
    const experiment =
      (args.experiment ?? flags.experiment) === undefined && flags.project !== undefined
        ? `${flags.project}/-`
        : await experimentTarget(this.need, args.experiment, flags);
    const client = await this.connect(flags);
    await this.printPages(
      flags,
      checkpointView,
      (page) => client.checkpoints.listCheckpoints({ experiment, ...page, ...queryOf(flags) }, this.call),
      (response) => response.checkpoints,
    );
  }
}
