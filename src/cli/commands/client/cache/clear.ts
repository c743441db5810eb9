import { ClientCommand } from "../../../base/client-command.ts";
import { formatBytes } from "../../../output/format.ts";

export default class ClearCache extends ClientCommand {
  static override summary = "Delete what downloads keep on this machine for the next ones.";
  static override description = "Downloaded files stay. Downloads that run meanwhile fetch what they miss.";
  static override examples = ["modelbox client cache clear"];

  async run(): Promise<void> {
    const { flags } = await this.parse(ClearCache);
    const { openCache } = await import("../../../../client/index.ts");
    const cache = openCache(await this.clientConfig(flags), process.env);
    const cleared = (await cache?.clear()) ?? { chunks: 0, files: 0, bytes: 0 };
    if (this.output.mode === "json")
      return await this.output.text(`${JSON.stringify(cleared, undefined, 2)}\n`);
    await this.output.note(
      `Deleted ${cleared.chunks} chunks and ${cleared.files} loaded files, ${formatBytes(cleared.bytes)}.`,
    );
  }
}
