import { Flags } from "@oclif/core";
import type { WatchChangesResponse } from "../../../gen/modelbox/v1/change_service_pb.ts";
import { ClientCommand } from "../../base/client-command.ts";
import { requiredProjectFlag } from "../../flags/objects.ts";
import { int64Flag, repeated } from "../../flags/values.ts";
import { changeLine } from "../../views/change.ts";
import { kindOf } from "../../views/kind.ts";

export default class WatchChanges extends ClientCommand {
  static override summary = "Print the changes of a project as they happen.";
  static override description =
    "Every change has a number, without gaps; --after goes on behind one, and 0 begins at the first. A lost connection is made again, and nothing is missed. Ctrl-C ends it. With --json, lines without a change are signs of life. With --quiet it prints the ids of the changed objects.";
  static override examples = [
    "modelbox client watch --project langtech",
    "modelbox client watch --project langtech --after 0 --kind version --json",
  ];
  static override flags = {
    project: requiredProjectFlag,
    after: int64Flag({ summary: "Begin behind this change; by default with the next one." }),
    kind: Flags.option({
      options: ["project", "experiment", "checkpoint", "model", "version", "artifact"] as const,
      ...repeated,
      summary: "Only changes of this kind of object. Repeat it for more.",
    })(),
    limit: Flags.integer({ summary: "End after this many changes.", min: 1 }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(WatchChanges);
    const client = await this.connect(flags);
    const { watchChanges } = await import("../../../client/index.ts");
    const responses = watchChanges(client, {
      namespace: flags.project,
      ...(flags.after === undefined ? {} : { afterSequence: flags.after }),
      kinds: (flags.kind ?? []).map(kindOf),
      signal: this.call.signal,
    });
    let count = 0;
    for await (const response of responses) {
      await this.printResponse(response);
      if (response.change) count += 1;
      if (count === flags.limit) return;
    }
    this.call.signal.throwIfAborted();
  }

  private async printResponse(response: WatchChangesResponse): Promise<void> {
    if (this.output.mode === "json") return await this.output.jsonLine(response);
    if (!response.change) return;
    const isQuiet = this.output.mode === "quiet";
    await this.output.text(`${isQuiet ? response.change.objectId : changeLine(response.change)}\n`);
  }
}
