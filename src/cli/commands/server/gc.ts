import { Flags } from "@oclif/core";
import { Interruption } from "../../base/interruption.ts";
import { ServerCommand } from "../../base/server-command.ts";
import { durationFlag } from "../../flags/expiry.ts";
import { collectionNotes, garbageView, renderCollected } from "../../views/collection.ts";

export default class CollectGarbage extends ServerCommand {
  static override summary = "Remove stored bytes that nothing uses any more.";
  static override description =
    "Servers do it by themselves in the background; this does all that is due now, whether servers run or not. Chunks of which no file is made, and that no upload may still need, are condemned first; a quarter of an hour later they are looked at once more and taken out of the index, and an hour after that their objects are deleted, when nobody can be reading them: so a second and a third run finish what the first began. With --quiet it prints how many bytes were freed, or would be condemned in a dry run.";
  static override examples = ["modelbox server gc --dry-run", "modelbox server gc --grace 12h --json"];
  static override flags = {
    "dry-run": Flags.boolean({ summary: "Show what nothing uses, and change nothing." }),
    grace: durationFlag({
      summary: "How old unused chunks are at least, for example 12h or 0; by default as the file says.",
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CollectGarbage);
    const config = await this.serverConfig(flags);
    using stopping = new Interruption(["SIGINT", "SIGTERM"]);
    const { collectServer } = await import("../../../server/collection.ts");
    const { undeleted, ...collected } = await collectServer(config, {
      signal: stopping.signal,
      dryRun: flags["dry-run"],
      graceMs: flags.grace,
    });
    if (this.output.mode === "json") {
      await this.output.text(
        `${JSON.stringify({ ...collected, undeleted: undeleted.count }, undefined, 2)}\n`,
      );
    } else if (this.output.mode === "quiet") {
      const { dryRun, unused, orphans, deleted } = collected;
      const bytes = (dryRun ? unused.bytes : deleted.bytes) + orphans.bytes;
      await this.output.text(`${bytes}\n`);
    } else {
      if (collected.namespaces.length > 0) await this.output.rows(garbageView, collected.namespaces);
      await this.output.details(renderCollected(collected));
    }
    stopping.signal.throwIfAborted();
    for (const note of collectionNotes(collected)) await this.output.note(note);
    // What was not done must show in the status.
    if (undeleted.count > 0) throw undeleted.error;
  }
}
