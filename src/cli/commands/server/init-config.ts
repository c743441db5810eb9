import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base/base-command.ts";
import { writeConfig } from "../../base/init-config.ts";

export default class InitServerConfig extends BaseCommand {
  static override summary = "Write a configuration file for the server, with comments.";
  static override description =
    "By default to ./modelbox.toml, where `server start` looks for it. It says what the defaults are, so that a server with it does what one without it does. A file that is there is kept, unless --force is given.";
  static override examples = [
    "modelbox server init-config",
    "modelbox server init-config --config-path ./path/to/modelbox.toml",
  ];
  static override flags = {
    "config-path": Flags.file({ summary: "File to write.", helpValue: "<file>" }),
    force: Flags.boolean({ char: "f", summary: "Replace a file that is there." }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InitServerConfig);
    const { SERVER_CONFIG_NAME, serverConfigTemplate } = await import("../../../config/index.ts");
    const file = flags["config-path"] ?? SERVER_CONFIG_NAME;
    await this.printPath(await writeConfig(file, serverConfigTemplate(), flags));
  }
}
