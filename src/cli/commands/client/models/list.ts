import { ClientCommand } from "../../../base/client-command.ts";
import { listFlags, queryOf } from "../../../flags/list.ts";
import { requiredProjectFlag } from "../../../flags/objects.ts";
import { modelView } from "../../../views/model.ts";

export default class ListModels extends ClientCommand {
  static override summary = "List the models of a project.";
  static override description = "Newest first, unless --order-by says otherwise.";
  static override examples = [
    "modelbox client models list --project langtech",
    `modelbox client models list --project langtech --filter 'task = "lang-id"'`,
  ];
  static override flags = { project: requiredProjectFlag, ...listFlags };

  async run(): Promise<void> {
    const { flags } = await this.parse(ListModels);
    const client = await this.connect(flags);
    await this.printPages(
      flags,
      modelView,
      (page) => client.models.listModels({ namespace: flags.project, ...page, ...queryOf(flags) }, this.call),
      (response) => response.models,
    );
  }
}
