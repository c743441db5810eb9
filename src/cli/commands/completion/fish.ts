import { CompletionCommand } from "../../base/completion-command.ts";
import { fishScript } from "../../completion/fish.ts";

export default class CompleteFish extends CompletionCommand {
  static override summary = "Print a script that completes commands, flags and values in fish.";
  static override description = "Put it where fish looks for such scripts.";
  static override examples = [
    "modelbox completion fish > ~/.config/fish/completions/modelbox.fish",
    "modelbox completion fish | source",
  ];

  async run(): Promise<void> {
    await this.parse(CompleteFish);
    await this.printScript("fish", fishScript);
  }
}
