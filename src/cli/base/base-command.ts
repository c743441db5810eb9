import { Command, Flags, type Interfaces } from "@oclif/core";
import { Output } from "../output/output.ts";
import { MissingInputError } from "./missing-input.ts";
import { ask, canAsk } from "./prompts.ts";
import { missingRequired, withoutRequired, type ArgOutput, type FlagOutput } from "./required-flags.ts";

/** What a command asks for when it is missing. */
export interface Wanted {
  /** As it is typed: `--name`, or `EXPERIMENT`. */
  readonly typed: string;
  /** What it is, as a question. */
  readonly summary: string;
  readonly choices?: readonly string[] | undefined;
}

/** What all commands have in common. Each declares flags and arguments, and its run() parses, calls and prints. */
export abstract class BaseCommand extends Command {
  static override baseFlags = {
    json: Flags.boolean({
      summary: "Print the server's answer as JSON, and nothing else, on standard output.",
      helpGroup: "global",
      exclusive: ["quiet"],
    }),
    quiet: Flags.boolean({
      char: "q",
      summary: "Print ids only, one on each line.",
      helpGroup: "global",
    }),
  };

  #output = new Output("people");

  /** Where results go. Known once the flags are parsed. */
  protected get output(): Output {
    return this.#output;
  }

  /** Asks for required flags that are missing, where somebody can answer. */
  protected override async parse<F extends FlagOutput, B extends FlagOutput, A extends ArgOutput>(
    options?: Interfaces.Input<F, B, A>,
    argv: string[] = this.argv,
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const input = options ?? (this.ctor as Interfaces.Input<F, B, A>);
    const relaxed = withoutRequired(input);
    let parsed = await super.parse<F, B, A>(relaxed, argv);
    const answers: string[] = [];
    const missing = missingRequired(input, parsed.flags);
    if (missing.length > 0 && !canAsk()) throw new MissingInputError(...missing.map(({ typed }) => typed));
    for (const wanted of missing) {
      answers.push(wanted.typed, await this.need(undefined, wanted));
    }
    // In front, since what stands behind `--` is no flag.
    if (answers.length > 0) parsed = await super.parse<F, B, A>(relaxed, [...answers, ...argv]);
    const { json, quiet } = parsed.flags as { json?: boolean; quiet?: boolean };
    this.#output = new Output(json === true ? "json" : quiet === true ? "quiet" : "people");
    return parsed;
  }

  /** The value, or what somebody at the terminal answers; else an error that says what is missing. */
  protected readonly need = async (value: string | undefined, wanted: Wanted): Promise<string> => {
    if (value !== undefined && value !== "") return value;
    if (!canAsk()) throw new MissingInputError(wanted.typed);
    return await ask(question(wanted.summary), wanted.choices);
  };

  /** Prints the path of a file that was written. */
  protected async printPath(path: string): Promise<void> {
    if (this.output.mode === "json")
      return await this.output.text(`${JSON.stringify({ path }, undefined, 2)}\n`);
    await this.output.text(this.output.mode === "quiet" ? `${path}\n` : `Wrote ${path}\n`);
  }
}

/** A summary as a question: without what comes behind a semicolon, and without its stop. */
function question(summary: string): string {
  return `${summary.replace(/;.*$/, "").replace(/\.$/, "")}:`;
}
