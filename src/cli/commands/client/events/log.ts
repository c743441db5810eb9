import { Flags } from "@oclif/core";
import { ClientCommand } from "../../../base/client-command.ts";
import { objectTarget, takeObject } from "../../../base/targets.ts";
import { argumentList, objectFlags } from "../../../flags/objects.ts";
import { timeFlag } from "../../../flags/values.ts";
import { parseJsonObject } from "../../../input/json-object.ts";
import { UsageError } from "../../../output/usage-error.ts";
import { eventView } from "../../../views/event.ts";

export default class LogEvent extends ClientCommand {
  static override summary = "Report what happened to an object.";
  static override description =
    "For outside systems: a deployment, a failed evaluation, the start of a checkpoint.";
  static override examples = [
    "modelbox client events log --object version:langtech/lid@3 --name deployed --source argo-cd",
    `modelbox client events log version:langtech/lid@3 evaluated --data '{"suite": "nightly", "passed": true}'`,
  ];
  static override args = {
    event: argumentList("What happened; the object may stand in front as kind:path."),
  };
  static override flags = {
    ...objectFlags,
    name: Flags.string({ summary: "What happened, for example deployed." }),
    source: Flags.string({ summary: "Who reports it, for example argo-cd." }),
    time: timeFlag({ summary: "When it happened; by default now." }),
    data: Flags.string({ summary: "Anything more, as a JSON object.", helpValue: "<json>" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(LogEvent);
    const { object: first, rest } = takeObject(args.event ?? []);
    if (rest.length > (flags.name === undefined ? 1 : 0)) {
      throw new UsageError(`${rest.at(-1)} is one name too many; report one event at a time`);
    }
    const object = await objectTarget(this.need, first, flags);
    const name = await this.need(flags.name ?? rest[0], {
      typed: "--name",
      summary: "What happened, for example deployed",
    });
    const event = {
      name,
      source: flags.source ?? "",
      ...(flags.time ? { time: flags.time } : {}),
      ...(flags.data === undefined ? {} : { data: parseJsonObject(flags.data) }),
    };
    const client = await this.connect(flags);
    const response = await client.events.logEvents({ object, events: [event] }, this.call);
    await this.output.list(response, eventView, response.events);
  }
}
