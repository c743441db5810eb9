/** What `bun run check` runs: every tool that reads the sources without running them. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { comparisonCommit } from "./comparison-commit.ts";
import { oxlintCommand, oxlintEnvironment } from "./oxlint.ts";
import { pyrightCommand, ruffCommands } from "./python-sdk.ts";

const root = join(import.meta.dir, "..");

interface Check {
  readonly name: string;
  /** Throws, or returns the tool's complaints; nothing means that it has none. */
  readonly run: () => Promise<string>;
}

/** How one check ended. */
export interface CheckResult {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
  readonly durationMs: number;
}

const checks: readonly Check[] = [
  { name: "types", run: () => bun("typescript/bin/tsc", "--noEmit", "-p", ".") },
  {
    name: "lint",
    run: () => command([...oxlintCommand, "--report-unused-disable-directives"], { env: oxlintEnvironment }),
  },
  { name: "format", run: () => bun("oxfmt/bin/oxfmt", "--check", ".") },
  {
    name: "unused code",
    run: () => bun("knip/bin/knip.js", "--no-progress"),
  },
  { name: "proto lint", run: () => bun("@bufbuild/buf/bin/buf", "lint") },
  { name: "proto breaking changes", run: protoBreaking },
  { name: "generated code", run: generatedCode },
  { name: "shell syntax", run: shellSyntax },
  { name: "python lint and format", run: pythonLint },
  { name: "python types", run: () => command(pyrightCommand()) },
];

/** Runs every check, as many at once as there are processors. */
export async function runChecks(): Promise<CheckResult[]> {
  const waiting = [...checks];
  const results: CheckResult[] = [];
  const worker = async () => {
    for (let check = waiting.shift(); check; check = waiting.shift()) results.push(await runCheck(check));
  };
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker));
  return results;
}

async function runCheck({ name, run }: Check): Promise<CheckResult> {
  const startedAt = performance.now();
  const finish = (output: string) => ({
    name,
    passed: output === "",
    output,
    durationMs: performance.now() - startedAt,
  });
  try {
    return finish(await run());
  } catch (error) {
    return finish(error instanceof Error ? error.message : String(error));
  }
}

/** Returns what a command prints when it fails, and nothing when it succeeds. */
async function command(
  argv: readonly string[],
  options: { env?: Record<string, string> } = {},
): Promise<string> {
  const child = Bun.spawn([...argv], {
    cwd: root,
    env: { ...process.env, ...options.env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return status === 0 ? "" : (stdout + stderr).trim() || `\`${argv.join(" ")}\` ended with status ${status}`;
}

/** Runs a program of node_modules with this very Bun, so that no Node.js is needed. */
function bun(program: string, ...args: string[]): Promise<string> {
  return command([process.execPath, join(root, "node_modules", program), ...args]);
}

/** Runs the given work in a temporary folder of its own. */
async function inTemporaryFolder(work: (folder: string) => Promise<string>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "modelbox-check-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function protoBreaking(): Promise<string> {
  const commit = comparisonCommit(root, "proto");
  if (!commit) return "";
  return inTemporaryFolder(async (folder) => {
    const unpacked = await command([
      "sh",
      "-c",
      'git archive "$1" proto buf.yaml | tar -x -C "$2"',
      "sh",
      commit,
      folder,
    ]);
    return unpacked || bun("@bufbuild/buf/bin/buf", "breaking", "--against", folder);
  });
}

function generatedCode(): Promise<string> {
  return inTemporaryFolder(async (folder) => {
    const failed = await command([process.execPath, join(root, "scripts/gen.ts"), "--out", folder]);
    if (failed) return failed;
    const parts = ["src/gen", "src/embed/migrations.ts", "drizzle", "sdk/python/src/modelbox/_gen"];
    const differences = await Promise.all(
      parts.map((part) =>
        command(["diff", "-rq", "-x", "__pycache__", join(root, part), join(folder, part)]),
      ),
    );
    const report = differences.filter(Boolean).join("\n");
    return report && `Generated code is out of date; run \`bun run gen\` and commit the result.\n${report}`;
  });
}

async function shellSyntax(): Promise<string> {
  const scripts = [
    "bin/modelbox",
    ".ci/run",
    ...readdirSync(join(root, "scripts")).map((name) => `scripts/${name}`),
  ];
  const shell = scripts.filter((path) => !path.endsWith(".ts") && Bun.file(join(root, path)).size > 0);
  const reports = await Promise.all(shell.map((path) => command(["sh", "-n", path])));
  return reports.filter(Boolean).join("\n");
}

async function pythonLint(): Promise<string> {
  const reports = await Promise.all(ruffCommands().map((argv) => command(argv)));
  return reports.filter(Boolean).join("\n");
}
