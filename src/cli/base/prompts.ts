import { InterruptedError } from "./interruption.ts";

/** True when somebody can answer a question. Questions go to standard error: standard output may be a pipe. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** Ctrl-C at a question. */
async function orInterrupted<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError")
      throw new InterruptedError("Interrupted.");
    throw error;
  }
}

/** Asks for a text that is not empty; with choices, for one of them. */
export async function ask(message: string, choices: readonly string[] | undefined): Promise<string> {
  const { input, select } = await import("@inquirer/prompts");
  if (choices)
    return await orInterrupted(select({ message, choices: [...choices] }, { output: process.stderr }));
  return await orInterrupted(input({ message, required: true }, { output: process.stderr }));
}

/** Asks whether something is meant; no by default. */
export async function confirm(message: string): Promise<boolean> {
  const prompts = await import("@inquirer/prompts");
  return await orInterrupted(prompts.confirm({ message, default: false }, { output: process.stderr }));
}
