import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { modelTarget } from "../../../base/targets.ts";
import { pageFlagsOf } from "../../../flags/list.ts";
import { argument, modelFlag, projectFlag } from "../../../flags/objects.ts";
import { tagView } from "../../../views/tag.ts";

export default class ListTags extends ClientCommand {
  static override summary = "List which version of a model had which unique tag, and when.";
  static override description =
    "Newest first; what is tagged now has no end. With --quiet it prints version ids.";
  static override examples = [
    "modelbox client versions tags langtech/lid",
    "modelbox client versions tags langtech/lid --tag production",
  ];
  static override args = { model: argument("Id or path of the model; with --project its name alone.") };
  static override flags = {
    model: modelFlag,
    project: projectFlag,
    tag: Flags.string({ summary: "Only this tag.", helpValue: "<tag>" }),
    ...pageFlagsOf(1000),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ListTags);
    const model = await modelTarget(this.need, args.model, flags);
    const client = await this.connect(flags);
    await this.printPages(
      flags,
      tagView,
      (page) => client.versions.listTagHistory({ model, tag: flags.tag ?? "", ...page }, this.call),
      (response) => response.assignments,
    );
  }
}
