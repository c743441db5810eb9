import { CommandHelp, Help, type Command, type Config } from "@oclif/core";
import { exitCodeMeanings } from "../output/exit-codes.ts";

/** Prints help on a command or a group; without words, on all. */
export async function showHelp(config: Config, words: readonly string[]): Promise<void> {
  const options = { flagSortOrder: "none", hideCommandSummaryInDescription: true } as const;
  await new ModelBoxHelp(config, options).showHelp([...words]);
}

const START = [
  ["modelbox server start", "runs a server on this machine"],
  ["modelbox client projects create --name langtech --owner your@email.com", "makes a first project"],
  ["modelbox client projects list --help", "says how a command is used"],
] as const;

const ENVIRONMENT = [
  ["MODELBOX_SERVER_ADDR", "Address of the server for client commands; by default http://127.0.0.1:8085."],
  [
    "MODELBOX_<SECTION>_<KEY>",
    "Overrides a key of the server's configuration, for example MODELBOX_LISTEN_ADDR.",
  ],
  ["DEBUG", "Set to 1, an error comes with its stack trace."],
  ["NO_COLOR", "Set to 1, nothing is printed in bold or colour."],
] as const;

class ModelBoxCommandHelp extends CommandHelp {
  /** Only what a call can't do without; oclif would name every flag. */
  protected override defaultUsage(): string {
    const flags = Object.entries(this.command.flags);
    const required = flags
      .filter(([, flag]) => flag.required === true)
      .map(([name, flag]) => flagUsage(name, flag));
    const args = Object.values(this.command.args)
      .filter((arg) => arg.hidden !== true)
      .map((arg) => `[${arg.name.toUpperCase()}${arg.multiple === true ? "..." : ""}]`);
    return [this.command.id, ...required, ...args, "[FLAGS]"].join(" ");
  }

  /** Without the room that oclif leaves for short names, which it loses again on the first line. */
  protected override flagHelpLabel(flag: Command.Flag.Any, showOptions?: boolean): string {
    return super.flagHelpLabel(flag, showOptions).trimStart();
  }

  protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    return super.flags(flags.toSorted((a, b) => Number(b.required === true) - Number(a.required === true)));
  }
}

class ModelBoxHelp extends Help {
  protected override CommandHelpClass = ModelBoxCommandHelp;

  protected override async showRootHelp(): Promise<void> {
    await super.showRootHelp();
    this.#printSection(
      "EXAMPLES",
      START.map(([command, what]) => [`$ ${command}`, what]),
    );
    this.#printSection("ENVIRONMENT", ENVIRONMENT);
    this.#printSection(
      "EXIT CODES",
      exitCodeMeanings.map(({ code, meaning }) => [String(code), meaning]),
    );
  }

  #printSection(heading: string, rows: readonly (readonly [string, string])[]): void {
    const body = this.renderList(
      rows.map(([name, what]) => [name, what]),
      { indentation: 2, spacer: "\n" },
    );
    this.log(`${this.section(heading, body)}\n`);
  }
}

function flagUsage(name: string, flag: Command.Flag.Cached): string {
  return flag.type === "option" ? `--${name} ${String(flag.helpValue ?? "<value>")}` : `--${name}`;
}
