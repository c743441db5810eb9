import { ServerCommand } from "../../../base/server-command.ts";
import { tokenJson, tokenView } from "../../../views/token.ts";

export default class ListTokens extends ServerCommand {
  static override summary = "List the tokens of the server.";
  static override description =
    "In the order of their making, with those that are revoked or have expired. The time of the last use is right to some minutes.";
  static override examples = ["modelbox server tokens list", "modelbox server tokens list --json"];

  async run(): Promise<void> {
    const { flags } = await this.parse(ListTokens);
    const config = await this.serverConfig(flags);
    const { listServerTokens } = await import("../../../../server/tokens.ts");
    const tokens = await listServerTokens(config);
    if (this.output.mode === "json") {
      return await this.output.text(`${JSON.stringify({ tokens: tokens.map(tokenJson) }, undefined, 2)}\n`);
    }
    await this.output.rows(tokenView, tokens);
  }
}
