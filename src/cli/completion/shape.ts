import type { Command } from "@oclif/core";

/** What completion knows about a flag. */
export interface FlagShape {
  /** As typed: `--project`, `-p`, `--project-id`. The first is the name that is offered. */
  readonly names: readonly string[];
  readonly summary: string;
  readonly value: ValueShape;
  readonly repeats: boolean;
}

/** What stands behind a flag, or as an argument. */
export type ValueShape =
  | { readonly kind: "none" | "text" | "file" | "folder" }
  | { readonly kind: "choice"; readonly choices: readonly string[] };

/** What completion knows about a command. */
export interface CommandShape {
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: readonly FlagShape[];
  readonly takesFiles: boolean;
}

/** A group of commands, and what may follow its words. The root has no words. */
export interface GroupShape {
  readonly words: readonly string[];
  readonly children: readonly { readonly word: string; readonly summary: string }[];
}

/** All that the scripts are made of. */
export interface CommandLineShape {
  readonly commands: readonly CommandShape[];
  readonly groups: readonly GroupShape[];
}

/** Reads the declarations of all commands. */
export function shapeOf(
  classes: Readonly<Record<string, Command.Class>>,
  topics: Readonly<Record<string, { readonly description: string }>>,
): CommandLineShape {
  const ids = Object.keys(classes);
  const summaryOf = (id: string): string => topics[id]?.description ?? classes[id]?.summary ?? "";
  const groupIds = new Set(ids.flatMap((id) => ancestorsOf(id)));
  const groups = [...groupIds].map((group) => {
    const prefix = group === "" ? "" : `${group}:`;
    const below = ids.filter((id) => id.startsWith(prefix) && id !== group);
    const words = new Set(below.map((id) => id.slice(prefix.length).split(":", 1)[0] ?? ""));
    return {
      words: wordsOf(group),
      children: [...words].map((word) => ({ word, summary: summaryOf(`${prefix}${word}`) })),
    };
  });
  const commands = Object.entries(classes).map(([id, command]) => commandShape(id, command));
  return { commands, groups };
}

function commandShape(id: string, command: Command.Class): CommandShape {
  const declared = Object.entries({ ...command.flags, ...command.baseFlags });
  const flags = declared
    .filter(([, flag]) => flag.hidden !== true)
    .map(([name, flag]) => ({
      names: [
        `--${name}`,
        ...(flag.char === undefined ? [] : [`-${flag.char}`]),
        ...(flag.aliases ?? []).map((alias) => `--${alias}`),
      ],
      summary: flag.summary ?? "",
      value: flag.type === "boolean" ? ({ kind: "none" } as const) : valueShape(flag.options, flag.helpValue),
      repeats: flag.type === "option" && flag.multiple === true,
    }));
  const help: FlagShape = {
    names: ["--help"],
    summary: "Show help.",
    value: { kind: "none" },
    repeats: false,
  };
  return {
    words: wordsOf(id),
    summary: command.summary ?? "",
    flags: [...flags, help],
    takesFiles: "files" in command.args,
  };
}

/** What the help shows for a value tells what it is. */
function valueShape(
  choices: readonly string[] | undefined,
  helpValue: string | string[] | undefined,
): ValueShape {
  if (choices) return { kind: "choice", choices };
  if (helpValue === "<file>") return { kind: "file" };
  return { kind: helpValue === "<folder>" ? "folder" : "text" };
}

/** The groups that a command is in: `client:projects:list` is in `client:projects`, `client` and the root. */
function ancestorsOf(id: string): readonly string[] {
  const words = id.split(":");
  return words.map((_, index) => words.slice(0, index).join(":"));
}

function wordsOf(id: string): readonly string[] {
  return id === "" ? [] : id.split(":");
}
