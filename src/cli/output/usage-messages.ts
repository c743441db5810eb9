import type { Command } from "@oclif/core";
import { MissingInputError } from "../base/missing-input.ts";
import { suggest } from "../../config/suggest.ts";

/** What is wrong with how a command was typed, and how it is typed. */
export function usageMessage(error: Error, command: Command.Class | undefined): string {
  const what = whatIsWrong(error, command);
  if (!command || what.includes("for example") || what.includes("--help")) return what;
  const example = command.examples?.[0];
  if (error instanceof MissingInputError && typeof example === "string")
    return `${what}; for example: \`${example}\``;
  return `${what}; see \`modelbox ${command.id.replaceAll(":", " ")} --help\``;
}

function whatIsWrong(error: Error, command: Command.Class | undefined): string {
  if ("flags" in error && Array.isArray(error.flags)) return unknownFlags(error.flags.map(String), command);
  if ("args" in error && Array.isArray(error.args)) return unexpectedArguments(error.args.map(String));
  return (
    Bun.stripANSI(error.message)
      .replace(/\s*See more help with --help\s*$/, "")
      // oclif puts the flag on a line of its own before what its parser says.
      .replace(/^Parsing (--\S+)\s+/, "$1: ")
      .replace(/^The following errors? occurred:\s+/, "")
      .replaceAll(/\s*\n\s*/g, "; ")
      .replace(/^Flag --/, "--")
      .replace(/: Expected an integer but received: (.*)$/, " $1 is not a whole number")
      .replace(/: Expected an integer (.*) but received: (.*)$/, " $2 is not $1")
      .replace(/(--\S+)=true cannot/, "$1 cannot")
  );
}

function unknownFlags(flags: readonly string[], command: Command.Class | undefined): string {
  const known = Object.entries({ ...command?.baseFlags, ...command?.flags });
  const names = ["help", ...known.flatMap(([name, flag]) => [name, ...(flag.aliases ?? [])])];
  const [flag = ""] = flags;
  const meant = suggest(flag.replace(/^-+/, "").replace(/=.*$/, ""), names);
  return `There is no flag ${flag}${meant === undefined ? "" : ` (did you mean --${meant}?)`}`;
}

function unexpectedArguments(unexpected: readonly string[]): string {
  const [first = ""] = unexpected;
  return `"${first}" is one argument too many`;
}
