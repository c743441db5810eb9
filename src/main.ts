import os from "node:os";
import { versionLine } from "./version.ts";

/** Bytecode, which makes the start fast, allows no top-level await. */
async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === "--version" || argv[0] === "-v") {
    process.stdout.write(`${versionLine}\n`);
    return;
  }
  ensureHome();
  const { runCommandLine } = await import("./cli/run.ts");
  // What waits for something that never comes ends without a word: that must not look like success.
  process.exitCode = 1;
  process.exitCode = await runCommandLine(argv);
}

/** Users that are in no list, as in many containers, have no home folder, without which oclif fails. */
function ensureHome(): void {
  try {
    os.homedir();
  } catch {
    // It does not look at this process's changes of the environment.
    os.homedir = () => "/";
    // Another question about the user that oclif asks otherwise.
    process.env["SHELL"] ??= "/bin/sh";
  }
}

void main(process.argv.slice(2));
