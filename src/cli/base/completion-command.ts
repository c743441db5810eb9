import type { CommandLineShape } from "../completion/shape.ts";
import { BaseCommand } from "./base-command.ts";

/** A command that prints a completion script. */
export abstract class CompletionCommand extends BaseCommand {
  /** Prints what `makeScript` makes of all commands. */
  protected async printScript(shell: string, makeScript: (shape: CommandLineShape) => string): Promise<void> {
    const [{ loadCommands, topics }, { shapeOf }] = await Promise.all([
      import("../command-table.ts"),
      import("../completion/shape.ts"),
    ]);
    const script = makeScript(shapeOf(await loadCommands(), topics));
    const isJson = this.output.mode === "json";
    await this.output.text(isJson ? `${JSON.stringify({ shell, script }, undefined, 2)}\n` : script);
  }
}
