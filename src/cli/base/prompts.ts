import { InterruptedError } from "./interruption.ts";

/** True when somebody can answer a question. Questions go to standard error: standard output may be a pipe. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/**
 * Ctrl-C at a question. After Ctrl-D, or when the terminal is gone, the question is never answered: the process would
 * run out of work and end as if all had been done.
 */
async function orInterrupted<Answer>(answer: Promise<Answer>): Promise<Answer> {
  const unanswered = Promise.withResolvers<never>();
  const onNothingLeft = (): void => unanswered.reject(new InterruptedError("Interrupted."));
  process.once("beforeExit", onNothingLeft);
  try {
    return await Promise.race([answer, unanswered.promise]);
  } catch (error) {
    if (error instanceof Error && error.name === "ExitPromptError")
      throw new InterruptedError("Interrupted.");
    throw error;
  } finally {
    process.removeListener("beforeExit", onNothingLeft);
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
