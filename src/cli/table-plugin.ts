import { Plugin, type Command, type Interfaces } from "@oclif/core";
import { dirname } from "node:path";
import { version } from "../version.ts";
import { topics } from "./command-table.ts";

// oclif declares loadCommandsFromTarget private, though it is the one place where commands can come from
// memory instead of a folder; the interface type leaves the subclass free to replace it.
const OpenPlugin = Plugin as unknown as new (options: Interfaces.PluginOptions) => Interfaces.Plugin;

class TablePlugin extends OpenPlugin {
  readonly #classes: Record<string, Command.Class>;

  constructor(options: Interfaces.PluginOptions, classes: Record<string, Command.Class>) {
    super(options);
    this.#classes = classes;
  }

  loadCommandsFromTarget(): Promise<Record<string, Command.Class>> {
    return Promise.resolve(this.#classes);
  }
}

/** Settings for oclif under which it knows the given commands and reads no folder. */
export async function tablePluginOptions(
  classes: Record<string, Command.Class>,
): Promise<Interfaces.LoadOptions> {
  const pjson = {
    name: "modelbox",
    version,
    description: "Keeps the models, checkpoints and metadata of machine-learning teams.",
    oclif: {
      bin: "modelbox",
      topicSeparator: " ",
      topics: structuredClone(topics),
      commands: { strategy: "explicit", target: "command-table" },
    },
  } as unknown as Interfaces.PJSON;
  const root = dirname(process.execPath);
  const plugin = new TablePlugin({ root, pjson, isRoot: true, ignoreManifest: true }, classes);
  await plugin.load();
  return { root, pjson, plugins: new Map([[plugin.name, plugin]]) };
}
