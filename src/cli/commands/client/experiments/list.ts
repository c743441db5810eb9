import { ClientCommand } from "../../../base/client-command.ts";
import { listFlags, queryOf } from "../../../flags/list.ts";
import { requiredProjectFlag } from "../../../flags/objects.ts";
import { experimentView } from "../../../views/experiment.ts";

export default class ListExperiments extends ClientCommand {
  static override summary = "List the experiments of a project.";
  static override description = "Newest first, unless --order-by says otherwise.";
  static override examples = [
    "modelbox client experiments list --project langtech",
    "modelbox client experiments list --project langtech --filter 'metrics.loss < 0.5' --order-by metrics.loss",
  ];
  static override flags = { project: requiredProjectFlag, ...listFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(ListExperiments);
    const client = await this.connect(flags);
    await this.printPages(
      flags,
      experimentView,
      (page) =>
        client.experiments.listExperiments(
          { namespace: flags.project, ...page, ...queryOf(flags) },
          this.call,
        ),
      (response) => response.experiments,
    );
  }
}
