import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base/base-command.ts";
import { ChunkProgressLine } from "../../base/chunk-progress.ts";
import { Interruption } from "../../base/interruption.ts";
import { skipDamagedFlag } from "../../flags/skip-damaged.ts";
import { chunksText, damagedLines, placesDetail, rowsText } from "../../views/copy.ts";

export default class CopyServer extends BaseCommand {
  static override summary = "Copy everything that a server has to another database and place for blobs.";
  static override description =
    "Between any two kinds of storage. The source must be for reading only (read_only = true, on every server that has it), and the target empty. All bytes are checked on their way and all rows afterwards. When it was stopped, the same command goes on where it was; no server starts on the target before it is done. Both configurations are read from their files alone, not from the environment.";
  static override examples = ["modelbox server copy --from-config embedded.toml --to-config production.toml"];
  static override flags = {
    "from-config": Flags.file({
      summary: "Configuration file of the server whose data is copied.",
      helpValue: "<file>",
      required: true,
    }),
    "to-config": Flags.file({
      summary: "Configuration file of the server that is to have it.",
      helpValue: "<file>",
      required: true,
    }),
    "skip-damaged": skipDamagedFlag,
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CopyServer);
    using stopping = new Interruption(["SIGINT", "SIGTERM"]);
    const [{ loadServerConfig }, { copyServer }] = await Promise.all([
      import("../../../config/index.ts"),
      import("../../../server/copy.ts"),
    ]);
    // What the environment says would be said of both.
    const load = (path: string) => loadServerConfig({ path, env: {}, cwd: process.cwd() });
    const [from, to] = [load(flags["from-config"]), load(flags["to-config"])];
    for (const warning of [...from.warnings, ...to.warnings]) await this.output.warn(warning);
    using progress = new ChunkProgressLine("Copying");
    const copied = await copyServer({
      from: from.config,
      to: to.config,
      skipDamaged: flags["skip-damaged"],
      signal: stopping.signal,
      onProgress: progress.update,
      onRows: progress.updateRows,
    });
    progress.clear();
    if (this.output.mode === "json")
      return await this.output.text(`${JSON.stringify(copied, undefined, 2)}\n`);
    for (const line of damagedLines(copied.damaged)) await this.output.warn(line);
    if (this.output.mode === "quiet") return;
    const { chunks, tables } = copied;
    await this.output.details([
      ["rows", rowsText(tables)],
      ["chunks", chunks === undefined ? "stay where they are" : chunksText(chunks.chunks, chunks.bytes)],
      ["sent", chunks === undefined ? "" : chunksText(chunks.sentChunks, chunks.sentBytes)],
      placesDetail("from", copied.from),
      placesDetail("to", copied.to),
    ]);
    await this.output.note("Done: start the server with the configuration of the target.");
  }
}
