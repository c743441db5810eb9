import { CLIError } from "@oclif/core/errors";
import type { Command } from "@oclif/core";
import { ConfigError } from "../../config/config-error.ts";
import { ListenError } from "../../server/listen-error.ts";
import { InterruptedError } from "../base/interruption.ts";
import { DamageFoundError } from "./damage-found-error.ts";
import { exitCodes, type ExitCode } from "./exit-codes.ts";
import { FileExistsError } from "./file-exists-error.ts";
import { NotFoundError } from "./not-found-error.ts";
import { UsageError } from "./usage-error.ts";
import { usageMessage } from "./usage-messages.ts";

/** What is printed about an error, and the status that the command ends with. */
export interface Described {
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** How far down DEBUG follows the causes of an error. */
const MAX_CAUSES = 10;

/** The kinds of the client's and the server's errors. What is not here is an internal failure. */
const exitCodeByKind: Readonly<Record<string, ExitCode>> = {
  not_found: exitCodes.notFound,
  already_exists: exitCodes.alreadyExists,
  invalid_argument: exitCodes.invalid,
  failed_precondition: exitCodes.invalid,
  conflict: exitCodes.invalid,
  aborted: exitCodes.invalid,
  out_of_range: exitCodes.invalid,
  resource_exhausted: exitCodes.invalid,
  local_file: exitCodes.invalid,
  invalid_input: exitCodes.invalid,
  no_connection: exitCodes.unavailable,
  unavailable: exitCodes.unavailable,
  deadline_exceeded: exitCodes.unavailable,
  unauthenticated: exitCodes.notAllowed,
  permission_denied: exitCodes.notAllowed,
  aborted_by_caller: exitCodes.interrupted,
  canceled: exitCodes.interrupted,
};

/** Says in one sentence what went wrong and what to do. */
export function describeError(error: unknown, command: Command.Class | undefined): Described {
  if (error instanceof UsageError || error instanceof CLIError || isParserError(error)) {
    return { message: sentence(usageMessage(error, command)), exitCode: exitCodes.usage };
  }
  if (!(error instanceof Error)) return { message: sentence(String(error)), exitCode: exitCodes.internal };
  return { message: sentence(error.message), exitCode: exitCodeOf(error) };
}

/** Where an error came from, and what caused it, line by line. */
export function stackOf(error: unknown): string {
  const stacks: string[] = [];
  for (let one = error; one instanceof Error && stacks.length < MAX_CAUSES; one = one.cause) {
    stacks.push(one.stack ?? `${one.name}: ${one.message}`);
  }
  return stacks.map((stack) => `${stack}\n`).join("caused by ");
}

function exitCodeOf(error: Error): ExitCode {
  if (error instanceof InterruptedError) return exitCodes.interrupted;
  if (error instanceof DamageFoundError) return exitCodes.damaged;
  if (error instanceof NotFoundError) return exitCodes.notFound;
  if (error instanceof FileExistsError) return exitCodes.alreadyExists;
  if (error instanceof ConfigError || error instanceof ListenError) return exitCodes.invalid;
  // A file of this machine that can't be read or written, as far as nobody said it better.
  if ("syscall" in error) return exitCodes.invalid;
  return ("kind" in error ? exitCodeByKind[String(error.kind)] : undefined) ?? exitCodes.internal;
}

/** oclif marks what a flag's own parser throws by its message alone. */
function isParserError(error: unknown): error is Error {
  return error instanceof Error && error.message.startsWith("Parsing --");
}

/** One line that ends with a stop; a command at the end stays free of it, to be copied. */
function sentence(text: string): string {
  const line = text.trim().replaceAll(/\s*\n\s*/g, " ");
  return `Error: ${/[.?!`]$/.test(line) ? line : `${line}.`}`;
}
