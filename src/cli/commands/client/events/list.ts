import { ClientCommand } from "../../../base/client-command.ts";
import { objectTarget } from "../../../base/targets.ts";
import { listFlags, queryOf } from "../../../flags/list.ts";
import { argument, objectFlags } from "../../../flags/objects.ts";
import { eventView } from "../../../views/event.ts";

export default class ListEvents extends ClientCommand {
  static override summary = "List the events of an object.";
  static override description = "Newest first, unless --order-by says otherwise.";
  static override examples = [
    "modelbox client events list version:langtech/lid@3",
    `modelbox client events list --model langtech/lid --tag production --filter 'name = "deployed"'`,
  ];
  static override args = { object: argument("Any object as kind:id or kind:path.") };
  static override flags = { ...objectFlags, ...listFlags };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ListEvents);
    const object = await objectTarget(this.need, args.object, flags);
    const client = await this.connect(flags);
    await this.printPages(
      flags,
      eventView,
      (page) => client.events.listEvents({ object, ...page, ...queryOf(flags) }, this.call),
      (response) => response.events,
    );
  }
}
