import { ClientCommand } from "../../../base/client-command.ts";
import { listFlags, queryOf } from "../../../flags/list.ts";
import { projectView } from "../../../views/project.ts";

export default class ListProjects extends ClientCommand {
  static override summary = "List projects.";
  static override description = "Newest first, unless --order-by says otherwise.";
  static override examples = [
    "modelbox client projects list",
    "modelbox client projects list --order-by name --all --quiet",
  ];
  static override flags = listFlags;

  async run(): Promise<void> {
    const { flags } = await this.parse(ListProjects);
    const client = await this.connect(flags);
    await this.printPages(
      flags,
      projectView,
      (page) => client.namespaces.listNamespaces({ ...page, ...queryOf(flags) }, this.call),
      (response) => response.namespaces,
    );
  }
}
