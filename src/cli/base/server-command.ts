import { Flags } from "@oclif/core";
import type { ServerConfig } from "../../config/index.ts";
import { BaseCommand } from "./base-command.ts";

/** A command that works on what a server's configuration names, without calling a server. */
export abstract class ServerCommand extends BaseCommand {
  static override baseFlags = {
    ...BaseCommand.baseFlags,
    "config-path": Flags.file({
      summary: "Configuration file of the server; by default ./modelbox.toml, if it is there.",
      helpValue: "<file>",
      helpGroup: "global",
    }),
  };

  /** The configuration, from the file that the flags name and from the environment. */
  protected async serverConfig(flags: { "config-path"?: string | undefined }): Promise<ServerConfig> {
    const { loadServerConfig } = await import("../../config/index.ts");
    const { config, warnings } = loadServerConfig({
      path: flags["config-path"],
      env: process.env,
      cwd: process.cwd(),
    });
    for (const warning of warnings) await this.output.warn(warning);
    return config;
  }
}
