import { versionLine } from "./version.ts";

/** Bytecode, which makes the start fast, allows no top-level await. */
async function main(argv: readonly string[]): Promise<void> {
  if (argv[0] === "--version" || argv[0] === "-v") {
    process.stdout.write(`${versionLine}\n`);
    return;
  }
  const { runCommandLine } = await import("./cli/run.ts");
  // What waits for something that never comes ends without a word: that must not look like success.
  process.exitCode = 1;
  process.exitCode = await runCommandLine(argv);
}

void main(process.argv.slice(2));
