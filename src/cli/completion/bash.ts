import type { CommandLineShape, FlagShape } from "./shape.ts";

/** A script for bash 3.2 and newer; needs no other completion scripts. */
export function bashScript({ commands, groups }: CommandLineShape): string {
  return `# Completes modelbox in bash: source it, or put it into
# ~/.local/share/bash-completion/completions/modelbox.

# Sets _modelbox_found to what may follow the words of a group.
_modelbox_children() {
  _modelbox_found=
  case $1 in
${groups.map((group) => arm(group.words.join(" "), group.children.map((child) => child.word).join(" "))).join("\n")}
  esac
}

# Sets _modelbox_found to the flags of a command; fails when there is no such command.
_modelbox_flags() {
  _modelbox_found=
  case $1 in
${commands.map((command) => arm(command.words.join(" "), command.flags.map((flag) => flag.names[0]).join(" "))).join("\n")}
    *) return 1 ;;
  esac
}

# Sets _modelbox_found to what may follow a flag, after a word that says what that is: none, text, file, folder, choice.
_modelbox_value() {
  _modelbox_found=none
  case $1 in
${valueArms(commands.flatMap((command) => command.flags.map((flag) => [command.words.join(" "), flag] as const))).join("\n")}
  esac
}

# Succeeds for a command whose arguments are files.
_modelbox_takes_files() {
  case $1 in
    ${alternatives(commands.filter((command) => command.takesFiles).map((command) => command.words.join(" ")))}) return 0 ;;
  esac
  return 1
}

_modelbox() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} path='' word index
  COMPREPLY=()
  # Bash makes three words of --flag=value.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD - 2]}
  fi

  # The words of the command come first; the longest that is known counts.
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=\${COMP_WORDS[index]}
    _modelbox_children "$path"
    [[ " $_modelbox_found " == *" $word "* ]] || break
    path=\${path:+$path }$word
  done

  if _modelbox_flags "$path"; then
    local flags=$_modelbox_found
    _modelbox_value "$path $previous"
    case $_modelbox_found in
      text) return ;;
      file) _modelbox_files -f && return ;;
      folder) _modelbox_files -d && return ;;
      choice*)
        COMPREPLY=($(compgen -W "\${_modelbox_found#choice }" -- "$current"))
        return
        ;;
    esac
    if [[ $current == -* ]]; then
      COMPREPLY=($(compgen -W "$flags" -- "$current"))
      return
    fi
    if _modelbox_takes_files "$path"; then
      _modelbox_files -f
      return
    fi
  fi
  if ((index == COMP_CWORD)); then
    _modelbox_children "$path"
    COMPREPLY=($(compgen -W "$_modelbox_found" -- "$current"))
  fi
}

# Names with spaces stay whole.
_modelbox_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen "$1" -- "$current"))
}

complete -F _modelbox modelbox
`;
}

function arm(pattern: string, found: string): string {
  return `    ${quote(pattern)}) _modelbox_found=${quote(found)} ;;`;
}

/** One arm for all commands that have the same flag with the same kind of value. */
function valueArms(flags: readonly (readonly [path: string, flag: FlagShape])[]): readonly string[] {
  const patterns = new Map<string, string[]>();
  for (const [path, { names, value }] of flags) {
    if (value.kind === "none") continue;
    const found = value.kind === "choice" ? `choice ${value.choices.join(" ")}` : value.kind;
    const list = patterns.get(found) ?? [];
    list.push(...names.map((name) => quote(`${path} ${name}`)));
    patterns.set(found, list);
  }
  return [...patterns].map(([found, list]) => `    ${list.join(" | ")}) _modelbox_found=${quote(found)} ;;`);
}

/** A pattern of `case`; one that fits nothing when there is nothing. */
function alternatives(texts: readonly string[]): string {
  return texts.length === 0 ? "''" : texts.map(quote).join(" | ");
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
