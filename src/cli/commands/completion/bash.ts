import { CompletionCommand } from "../../base/completion-command.ts";
import { bashScript } from "../../completion/bash.ts";

export default class CompleteBash extends CompletionCommand {
  static override summary = "Print a script that completes commands, flags and values in bash.";
  static override description = "Source it in ~/.bashrc, or put it where bash looks for such scripts.";
  static override examples = [
    "source <(modelbox completion bash)",
    "modelbox completion bash > ~/.local/share/bash-completion/completions/modelbox",
  ];

  async run(): Promise<void> {
    await this.parse(CompleteBash);
    await this.printScript("bash", bashScript);
  }
}
