import { Config, type Command } from "@oclif/core";
import { versionLine } from "../version.ts";
import { loadCommands } from "./command-table.ts";
import { describeError, stackOf } from "./output/errors.ts";
import { exitCodes } from "./output/exit-codes.ts";
import { leaveErrorsToWriter, ReaderGoneError, writeTo } from "./output/streams.ts";
import { readRequest } from "./requests.ts";
import { tablePluginOptions } from "./table-plugin.ts";

/** Runs what the arguments ask for and returns the exit status. */
export async function runCommandLine(argv: readonly string[]): Promise<number> {
  leaveErrorsToWriter(process.stdout);
  leaveErrorsToWriter(process.stderr);
  let command: Command.Class | undefined;
  try {
    const request = readRequest(argv);
    const classes = await loadCommands(request.kind === "run" ? [request.id] : undefined);
    const config = await Config.load(await tablePluginOptions(classes));
    config.userAgent = versionLine;
    if (request.kind === "run") {
      command = classes[request.id];
      await config.runCommand(request.id, [...request.argv]);
    } else {
      const { showHelp } = await import("./help/help.ts");
      await showHelp(config, request.words);
    }
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof ReaderGoneError) return exitCodes.ok;
    return await report(error, command);
  }
}

async function report(error: unknown, command: Command.Class | undefined): Promise<number> {
  const { message, exitCode } = describeError(error, command);
  const stack = process.env["DEBUG"] ? stackOf(error) : "";
  try {
    await writeTo(process.stderr, `${message}\n${stack}`);
  } catch (gone) {
    if (!(gone instanceof ReaderGoneError)) throw gone;
  }
  return exitCode;
}
