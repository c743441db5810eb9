import { Args } from "@oclif/core";
import { ChunkProgressLine } from "../../base/chunk-progress.ts";
import { Interruption } from "../../base/interruption.ts";
import { ServerCommand } from "../../base/server-command.ts";
import { skipDamagedFlag } from "../../flags/skip-damaged.ts";
import { formatBytesExactly } from "../../output/format.ts";
import { chunksText, damagedLines, rowsText } from "../../views/copy.ts";

export default class BackUpServer extends ServerCommand {
  static override summary = "Write everything that a server has to one file.";
  static override description =
    "Whatever storage it has, and while it runs: the file has all that was there at one moment. It gets its name once it is whole and on the disk; a file that is there is never replaced. `server restore` fills any kind of storage from it.";
  static override examples = ["modelbox server backup monday.tar"];
  static override args = {
    file: Args.string({ description: "File to write: a tar archive.", ignoreStdin: true }),
  };
  static override flags = { "skip-damaged": skipDamagedFlag };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(BackUpServer);
    const file = await this.need(args.file, { typed: "FILE", summary: "File to write" });
    const config = await this.serverConfig(flags);
    using stopping = new Interruption(["SIGINT", "SIGTERM"]);
    const { backUpServer } = await import("../../../server/backup.ts");
    using progress = new ChunkProgressLine("Backing up");
    const { path, sizeBytes, head, manifest, damaged } = await backUpServer(config, file, {
      skipDamaged: flags["skip-damaged"],
      signal: stopping.signal,
      onProgress: progress.update,
      onRows: progress.updateRows,
    });
    progress.clear();
    if (this.output.mode === "json") {
      const result = { path, sizeBytes, ...head, ...manifest, damaged };
      return await this.output.text(`${JSON.stringify(result, undefined, 2)}\n`);
    }
    for (const line of damagedLines(damaged)) await this.output.warn(line);
    if (this.output.mode === "quiet") return await this.output.text(`${path}\n`);
    await this.output.details([
      ["file", path],
      ["size", formatBytesExactly(sizeBytes)],
      ["rows", rowsText(manifest.tables)],
      ["chunks", chunksText(manifest.chunks.chunks, manifest.chunks.bytes)],
    ]);
  }
}
