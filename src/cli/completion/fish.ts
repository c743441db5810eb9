import type { CommandLineShape, CommandShape, FlagShape, GroupShape } from "./shape.ts";

/** A script for fish, which shows what each command and flag does. */
export function fishScript({ commands, groups }: CommandLineShape): string {
  return `# Completes modelbox in fish: put it into ~/.config/fish/completions/modelbox.fish.

# Succeeds when these are the words typed so far.
function __modelbox_at
    set -l typed (commandline -opc)
    test "$typed[2..]" = "$argv"
end

# Succeeds when the words typed so far begin with these.
function __modelbox_in
    set -l typed (commandline -opc)
    set -l last (math (count $argv) + 1)
    test (count $typed) -ge $last; and test "$typed[2..$last]" = "$argv"
end

complete -c modelbox -f
${groups.flatMap(groupLines).join("\n")}
${commands.flatMap(commandLines).join("\n")}
`;
}

function groupLines(group: GroupShape): readonly string[] {
  const condition = quote(["__modelbox_at", ...group.words].join(" "));
  return group.children.map(
    ({ word, summary }) => `complete -c modelbox -n ${condition} -a ${quote(word)} -d ${quote(summary)}`,
  );
}

function commandLines(command: CommandShape): readonly string[] {
  const condition = quote(["__modelbox_in", ...command.words].join(" "));
  const start = `complete -c modelbox -n ${condition}`;
  const files = command.takesFiles ? [`${start} -F`] : [];
  return [
    ...files,
    ...command.flags.map((flag) => `${start} ${flagOptions(flag)} -d ${quote(flag.summary)}`),
  ];
}

function flagOptions({ names, value }: FlagShape): string {
  const options = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  );
  switch (value.kind) {
    case "none":
      return options.join(" ");
    case "text":
      return `${options.join(" ")} -x`;
    case "file":
      return `${options.join(" ")} -r -F`;
    case "folder":
      return `${options.join(" ")} -x -a '(__fish_complete_directories)'`;
    case "choice":
      return `${options.join(" ")} -x -a ${quote(value.choices.join(" "))}`;
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", String.raw`\'`)}'`;
}
