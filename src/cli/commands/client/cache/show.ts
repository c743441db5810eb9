import { ClientCommand } from "../../../base/client-command.ts";
import { formatBytesExactly } from "../../../output/format.ts";

export default class ShowCache extends ClientCommand {
  static override summary = "Show what downloads keep on this machine for the next ones.";
  static override description =
    "Where that is, and how much at most, say cache_folder and cache_size_mib in the client's file.";
  static override examples = ["modelbox client cache show", "modelbox client cache show --json"];

  async run(): Promise<void> {
    const { flags } = await this.parse(ShowCache);
    const { openCache } = await import("../../../../client/index.ts");
    const cache = openCache(await this.clientConfig(flags), process.env);
    const use = (await cache?.use()) ?? { chunks: 0, files: 0, bytes: 0 };
    const { chunks, files, bytes } = use;
    const facts = { folder: cache?.folder ?? "", limitBytes: cache?.limitBytes ?? 0, ...use };
    if (this.output.mode === "json")
      return await this.output.text(`${JSON.stringify(facts, undefined, 2)}\n`);
    if (this.output.mode === "quiet") return await this.output.text(`${bytes}\n`);
    await this.output.details([
      ["folder", cache?.folder ?? "none: cache_size_mib is 0"],
      ["chunks", String(chunks)],
      ["loaded files", String(files)],
      ["size", formatBytesExactly(bytes)],
      ["limit", formatBytesExactly(facts.limitBytes)],
    ]);
  }
}
