import { ClientCommand } from "../../../base/client-command.ts";
import { modelTarget } from "../../../base/targets.ts";
import { listFlags, queryOf } from "../../../flags/list.ts";
import { argument, modelFlag, projectFlag } from "../../../flags/objects.ts";
import { versionView } from "../../../views/version.ts";

export default class ListVersions extends ClientCommand {
  static override summary = "List the versions of a model, or of a project.";
  static override description = "Newest first, unless --order-by says otherwise.";
  static override examples = [
    "modelbox client versions list langtech/lid",
    `modelbox client versions list --project langtech --filter 'tags HAS "production"'`,
  ];
  static override args = { model: argument("Id or path of the model; with --project its name alone.") };
  static override flags = { model: modelFlag, project: projectFlag, ...listFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ListVersions);
    const model =
      (args.model ?? flags.model) === undefined && flags.project !== undefined
        ? `${flags.project}/-`
        : await modelTarget(this.need, args.model, flags);
    const client = await this.connect(flags);
    await this.printPages(
      flags,
      versionView,
      (page) => client.versions.listModelVersions({ model, ...page, ...queryOf(flags) }, this.call),
      (response) => response.versions,
    );
  }
}
