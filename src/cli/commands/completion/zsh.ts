import { CompletionCommand } from "../../base/completion-command.ts";
import { zshScript } from "../../completion/zsh.ts";

export default class CompleteZsh extends CompletionCommand {
  static override summary = "Print a script that completes commands, flags and values in zsh.";
  static override description =
    "Put it as _modelbox into a folder of fpath, or source it behind compinit in ~/.zshrc.";
  static override examples = [
    "modelbox completion zsh > ~/.zfunc/_modelbox",
    "source <(modelbox completion zsh)",
  ];

  async run(): Promise<void> {
    await this.parse(CompleteZsh);
    await this.printScript("zsh", zshScript);
  }
}
