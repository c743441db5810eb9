import { Flags } from "@oclif/core";
import { ServerCommand } from "../../../base/server-command.ts";
import { expiryFlag } from "../../../flags/expiry.ts";
import { renderToken, tokenJson } from "../../../views/token.ts";

export default class CreateToken extends ServerCommand {
  static override summary = "Make a token that lets somebody call the server.";
  static override description =
    'The token is printed once and kept nowhere: the database has only its digest. It works with servers that have auth = "token", and may be made before the first start or while a server runs. The name becomes the actor of what is changed with it; several tokens may have one name, so that a new one can take the place of an old one. With --quiet it prints the token alone.';
  static override examples = [
    "modelbox server tokens create --name ci",
    "modelbox server tokens create --name ada --expires-in 90d --quiet",
  ];
  static override flags = {
    name: Flags.string({ summary: "Who uses it.", helpValue: "<name>", required: true }),
    "expires-in": expiryFlag({ summary: "How long it works, for example 90d or 12h; by default for good." }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(CreateToken);
    const config = await this.serverConfig(flags);
    const { createServerToken } = await import("../../../../server/tokens.ts");
    const { token, text } = await createServerToken(config, {
      name: flags.name,
      expiresAt: flags["expires-in"],
    });
    if (this.output.mode === "quiet") return await this.output.text(`${text}\n`);
    if (this.output.mode === "json") {
      return await this.output.text(`${JSON.stringify({ token: tokenJson(token), text }, undefined, 2)}\n`);
    }
    await this.output.details(renderToken(token, text));
    await this.output.note("Keep the token now: it is not shown again.");
    if (config.auth !== "token")
      await this.output.note('The server asks for it once its configuration has auth = "token".');
  }
}
