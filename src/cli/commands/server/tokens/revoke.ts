import { Args } from "@oclif/core";
import { ServerCommand } from "../../../base/server-command.ts";
import { renderToken, tokenJson } from "../../../views/token.ts";

export default class RevokeToken extends ServerCommand {
  static override summary = "Revoke a token of the server, for good.";
  static override description =
    "Running servers refuse it within seconds, and end the watches that were opened with it. One that was revoked already is no error.";
  static override examples = ["modelbox server tokens revoke ci", "modelbox server tokens revoke ci --json"];
  static override args = {
    token: Args.string({ description: "Name or id of the token; not its text.", ignoreStdin: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(RevokeToken);
    const reference = await this.need(args.token, { typed: "TOKEN", summary: "Name or id of the token" });
    const config = await this.serverConfig(flags);
    const { revokeServerToken } = await import("../../../../server/tokens.ts");
    const token = await revokeServerToken(config, reference);
    if (this.output.mode === "quiet") return await this.output.text(`${token.id}\n`);
    if (this.output.mode === "json") {
      return await this.output.text(`${JSON.stringify({ token: tokenJson(token) }, undefined, 2)}\n`);
    }
    await this.output.details(renderToken(token));
  }
}
