import type { CommandLineShape, CommandShape, FlagShape, GroupShape } from "./shape.ts";

/** A script for zsh, which shows what each command and flag does. */
export function zshScript({ commands, groups }: CommandLineShape): string {
  const ofCommand = new Map(commands.map((command) => [nameOf(command.words), command]));
  const inGroups = groups.map((group) => groupFunction(group, ofCommand.get(nameOf(group.words))));
  const groupNames = new Set(groups.map((group) => nameOf(group.words)));
  const alone = commands.filter((command) => !groupNames.has(nameOf(command.words)));
  return `#compdef modelbox
# Completes modelbox in zsh: put it as _modelbox into a folder of $fpath, or source it after compinit.

${[...inGroups, ...alone.map((command) => functionOf(command.words, argumentsOf(command)))].join("\n")}
# Found in a folder of $fpath, the file is the function; sourced, it announces it.
if [[ $funcstack[1] == _modelbox ]]; then
  _modelbox "$@"
else
  compdef _modelbox modelbox
fi
`;
}

/** Offers the words below a group; a group that is a command too offers its arguments behind a word that is none of them. */
function groupFunction(group: GroupShape, command: CommandShape | undefined): string {
  const descriptions = group.children.map(({ word, summary }) => quote(`${word}:${summary}`));
  const arms = group.children.map(
    ({ word }) => `    ${word}) shift words; ((CURRENT--)); ${nameOf([...group.words, word])} ;;`,
  );
  return functionOf(
    group.words,
    `  if ((CURRENT == 2)); then
    local -a commands
    commands=(
      ${descriptions.join("\n      ")}
    )
    _describe -t commands command commands${command ? `\n${argumentsOf(command)}` : ""}
    return
  fi
  case $words[2] in
${arms.join("\n")}${command ? `\n    *) ${argumentsOf(command).trimStart()} ;;` : ""}
  esac`,
  );
}

function argumentsOf(command: CommandShape): string {
  const specs = [...command.flags.map(flagSpec), ...(command.takesFiles ? [quote("*:file:_files")] : [])];
  return `  _arguments -s -S \\\n    ${specs.join(" \\\n    ")}`;
}

/** `'(--project -p)'{--project,-p}'[Id or name]:project: '`. */
function flagSpec(flag: FlagShape): string {
  const summary = flag.summary.replaceAll(/[[\]\\:]/g, String.raw`\$&`);
  const rest = quote(`[${summary}]${valueSpec(flag)}`);
  const once = flag.repeats ? quote("*") : flag.names.length > 1 ? quote(`(${flag.names.join(" ")})`) : "";
  const names = flag.names.length > 1 ? `{${flag.names.join(",")}}` : (flag.names[0] ?? "");
  return `${once}${names}${rest}`;
}

function valueSpec({ names, value }: FlagShape): string {
  const name = (names[0] ?? "").replace(/^--/, "");
  switch (value.kind) {
    case "none":
      return "";
    case "text":
      return `:${name}: `;
    case "file":
      return `:${name}:_files`;
    case "folder":
      return `:${name}:_files -/`;
    case "choice":
      return `:${name}:(${value.choices.join(" ")})`;
  }
}

function functionOf(words: readonly string[], body: string): string {
  return `${nameOf(words)}() {\n${body}\n}\n`;
}

function nameOf(words: readonly string[]): string {
  return ["_modelbox", ...words].join("__").replaceAll("-", "_");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
