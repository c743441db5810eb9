import { suggest } from "../config/suggest.ts";
import { commandTable } from "./command-table.ts";
import { UsageError } from "./output/usage-error.ts";

/** What the arguments ask for. */
export type Request =
  | { readonly kind: "run"; readonly id: string; readonly argv: readonly string[] }
  /** Help on a command or a group, by its words. */
  | { readonly kind: "help"; readonly words: readonly string[] };

const HELP_FLAGS = new Set(["--help", "-h"]);

/** Finds the command or the group that the leading words name. */
export function readRequest(argv: readonly string[]): Request {
  const asked = argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
  const flagAt = asked.findIndex((word) => word.startsWith("-"));
  const words = flagAt === -1 ? asked : asked.slice(0, flagAt);
  for (let count = words.length; count > 0; count -= 1) {
    const id = words.slice(0, count).join(":");
    if (!Object.hasOwn(commandTable, id)) continue;
    const rest = asked.slice(count);
    return wantsHelp(rest) ? { kind: "help", words: words.slice(0, count) } : { kind: "run", id, argv: rest };
  }
  if (!isGroup(words)) throw unknownCommand(words);
  const flag = asked[words.length];
  if (flag === undefined || wantsHelp(asked)) return { kind: "help", words };
  throw new UsageError(
    `${flag} stands before a command is named; write the whole command first, then its flags`,
  );
}

function unknownCommand(words: readonly string[]): UsageError {
  let known = words.length - 1;
  while (!isGroup(words.slice(0, known))) known -= 1;
  const missing = words.slice(0, known + 1).join(" ");
  const group = words.slice(0, known);
  const meant = suggest(words[known] ?? "", childrenOf(group));
  const help = ["modelbox", ...group, "--help"].join(" ");
  const hint = meant === undefined ? "" : `did you mean "${[...group, meant].join(" ")}"? `;
  return new UsageError(`There is no command "${missing}"; ${hint}\`${help}\` lists what there is`);
}

/** The words that may follow a group's. */
function childrenOf(group: readonly string[]): ReadonlySet<string> {
  const ids = Object.keys(commandTable).map((id) => id.split(":"));
  const below = ids.filter((words) => group.every((word, index) => words[index] === word));
  return new Set(below.flatMap((words) => words[group.length] ?? []));
}

function isGroup(words: readonly string[]): boolean {
  const prefix = [...words, ""].join(":");
  return words.length === 0 || Object.keys(commandTable).some((id) => id.startsWith(prefix));
}

/** After `--` everything is an argument, even `--help`. */
function wantsHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end === -1 ? argv : argv.slice(0, end)).some((word) => HELP_FLAGS.has(word));
}
