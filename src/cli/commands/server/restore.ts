import { Args } from "@oclif/core";
import { ChunkProgressLine } from "../../base/chunk-progress.ts";
import { Interruption } from "../../base/interruption.ts";
import { ServerCommand } from "../../base/server-command.ts";
import { chunksText, placesDetail, rowsText } from "../../views/copy.ts";

export default class RestoreServer extends ServerCommand {
  static override summary = "Fill an empty storage from a file that `server backup` wrote.";
  static override description =
    "Of any kind, not only that of the backup. All of the file is checked before anything is written. When it was stopped, the same command goes on; no server starts on the storage before it is done.";
  static override examples = ["modelbox server restore monday.tar --config-path empty.toml"];
  static override args = {
    file: Args.string({ description: "File of a backup.", ignoreStdin: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RestoreServer);
    const file = await this.need(args.file, { typed: "FILE", summary: "File of a backup" });
    const config = await this.serverConfig(flags);
    using stopping = new Interruption(["SIGINT", "SIGTERM"]);
    const { restoreServer } = await import("../../../server/backup.ts");
    using progress = new ChunkProgressLine("Restoring");
    const { head, manifest, to } = await restoreServer(config, file, {
      signal: stopping.signal,
      onProgress: progress.update,
    });
    progress.clear();
    if (this.output.mode === "json")
      return await this.output.text(`${JSON.stringify({ to, ...head, ...manifest }, undefined, 2)}\n`);
    if (this.output.mode === "quiet") return;
    await this.output.details([
      ["backup of", head.source],
      ["from", head.createdAt],
      ["rows", rowsText(manifest.tables)],
      ["chunks", chunksText(manifest.chunks.chunks, manifest.chunks.bytes)],
      placesDetail("to", to),
    ]);
    if (manifest.damaged.length > 0)
      await this.output.warn(`The backup lacks ${manifest.damaged.length} chunks that were damaged already.`);
    await this.output.note("Done: start the server.");
  }
}
