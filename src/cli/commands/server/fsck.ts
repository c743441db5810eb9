import { Flags } from "@oclif/core";
import { ChunkProgressLine } from "../../base/chunk-progress.ts";
import { Interruption } from "../../base/interruption.ts";
import { ServerCommand } from "../../base/server-command.ts";
import { DamageFoundError } from "../../output/damage-found-error.ts";
import { findingLine, fsckDetails, fsckFailure } from "../../views/fsck.ts";

export default class CheckServer extends ServerCommand {
  static override summary = "Check that all bytes and metadata of a server are there and right.";
  static override description =
    "Whatever storage it has, and while it runs: metadata is compared with the objects of the store, and both with themselves. Bytes are read only when asked for. Nothing is changed without --repair. It ends with status 8 when something is wrong afterwards.";
  static override examples = [
    "modelbox server fsck",
    "modelbox server fsck --read-data-subset 5%",
    "modelbox server fsck --read-data --repair --from-config copy.toml",
  ];
  static override flags = {
    "read-data": Flags.boolean({ summary: "Also read all bytes, and compare them with their digests." }),
    "read-data-subset": Flags.string({
      summary:
        "Read a part of the bytes: 5% for another part by chance each time, 2/10 for the second of ten fixed groups.",
      helpValue: "<part>",
      exclusive: ["read-data"],
    }),
    seed: Flags.integer({
      summary: "Choose the chunks of a percentage as the report with this seed did.",
      helpValue: "<number>",
      min: 0,
      dependsOn: ["read-data-subset"],
    }),
    repair: Flags.boolean({
      summary:
        "Repair what can be; quarantine the rest, so that the next upload of the same file repairs it.",
    }),
    "from-config": Flags.file({
      summary: "Configuration of a copy of this server, for --repair to take right bytes from.",
      helpValue: "<file>",
      dependsOn: ["repair"],
    }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CheckServer);
    const config = await this.serverConfig(flags);
    using stopping = new Interruption(["SIGINT", "SIGTERM"]);
    const [{ loadServerConfig }, { checkServer }] = await Promise.all([
      import("../../../config/index.ts"),
      import("../../../server/fsck.ts"),
    ]);
    const path = flags["from-config"];
    // What the environment says would be said of both.
    const from = path === undefined ? undefined : loadServerConfig({ path, env: {}, cwd: process.cwd() });
    for (const warning of from?.warnings ?? []) await this.output.warn(warning);
    using progress = new ChunkProgressLine("Checking");
    const report = await checkServer(config, {
      readData: flags["read-data"] ? "100%" : flags["read-data-subset"],
      seed: flags.seed,
      repair: flags.repair,
      from: from?.config,
      signal: stopping.signal,
      onProgress: progress.update,
    });
    progress.clear();
    if (this.output.mode === "json") await this.output.text(`${JSON.stringify(report, undefined, 2)}\n`);
    else {
      for (const finding of report.findings) await this.output.text(`${findingLine(finding)}\n`);
      if (this.output.mode === "people") await this.output.details(fsckDetails(report));
    }
    if (!report.clean) throw new DamageFoundError(fsckFailure(report));
  }
}
