import { Flags } from "@oclif/core";
import { BaseCommand } from "../../base/base-command.ts";
import { writeConfig } from "../../base/init-config.ts";

export default class InitClientConfig extends BaseCommand {
  static override summary = "Write a configuration file for the client, with comments.";
  static override description =
    "By default to ~/.config/modelbox/client.toml, where every client command looks for it. One that is there is kept, unless --force is given.";
  static override examples = [
    "modelbox client init-config",
    "modelbox client init-config --server-addr http://models.example.com:8085 --force",
  ];
  static override flags = {
    "config-path": Flags.file({ summary: "File to write.", helpValue: "<file>" }),
    "server-addr": Flags.string({
      summary: "Address of the server, to stand in the file.",
      helpValue: "<address>",
    }),
    force: Flags.boolean({ char: "f", summary: "Replace a file that is there." }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(InitClientConfig);
    const { clientConfigPath, clientConfigTemplate } = await import("../../../config/index.ts");
    const file = flags["config-path"] ?? clientConfigPath(process.env);
    await this.printPath(await writeConfig(file, clientConfigTemplate(flags["server-addr"]), flags));
  }
}
