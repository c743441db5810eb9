/** The part of scripts/test that runs after set-up. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runChecks } from "./checks.ts";
import { installTestServers } from "./debian-packages.ts";
import { readReport, type Count } from "./junit.ts";
import { countFrameworkTests, countPythonTests, isPythonTest } from "./test-python.ts";

const root = join(import.meta.dir, "..");
/** Ends a test that hangs. Machines that run tests are busy at times, so it is far above what any test needs on a quiet one. */
const testTimeoutMs = 120_000;

const { values, positionals } = parseArgs({
  options: { long: { type: "boolean", default: false }, frameworks: { type: "boolean", default: false } },
  allowPositionals: true,
});
const environment = {
  MODELBOX_EXECUTABLE: process.env["MODELBOX_EXECUTABLE"] ?? join(root, "dist/modelbox"),
  ...(values.long ? { MODELBOX_LONG_TESTS: "1" } : {}),
};
const counts = values.frameworks ? [await countFrameworkTests(positionals, environment)] : await countAll();
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failures = counts.flatMap((count) => count.failures);
process.exitCode = failures.length === 0 ? 0 : 1;
for (const failure of failures) console.log(`(failed) ${failure}`);
console.log(`${passed} passed, ${failures.length} failed`);

async function countAll(): Promise<Count[]> {
  const all = positionals.length === 0;
  const paths = all ? ["src", "scripts", "test"] : positionals.filter((path) => !isPythonTest(path));
  const pythonPaths = positionals.filter(isPythonTest);
  const checks = all ? [await countChecks()] : [];
  // At once: the tests of the SDK wait for servers and for time to pass, most of their time.
  const [tests, pythonTests] = await Promise.all([
    paths.length > 0 ? countTests(paths) : undefined,
    all || pythonPaths.length > 0 ? countPythonTests(pythonPaths, environment) : [],
  ]);
  return [...checks, ...(tests === undefined ? [] : [tests]), ...pythonTests];
}

async function countChecks(): Promise<Count> {
  const results = await runChecks();
  for (const { name, passed: ok, output } of results) {
    console.log(`${ok ? "(pass)" : "(fail)"} check: ${name}`);
    if (!ok) console.log(output);
  }
  const failed = results.filter((result) => !result.passed);
  return {
    passed: results.length - failed.length,
    failures: failed.map(({ name }) => `check: ${name}`),
  };
}

async function countTests(paths: readonly string[]): Promise<Count> {
  try {
    await installTestServers();
  } catch (error) {
    // Without them many tests fail, each with the reason.
    console.error(error instanceof Error ? error.message : String(error));
  }
  const folder = mkdtempSync(join(tmpdir(), "modelbox-test-"));
  try {
    const report = join(folder, "report.xml");
    const child = Bun.spawn(
      [
        process.execPath,
        "test",
        `--timeout=${testTimeoutMs}`,
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        ...paths.map((path) => (path.startsWith("/") || path.startsWith("./") ? path : `./${path}`)),
      ],
      {
        cwd: root,
        env: { ...process.env, ...environment },
        stdin: "ignore",
        stdout: "inherit",
        stderr: "inherit",
      },
    );
    const status = await child.exited;
    return readReport(report, status, "bun test");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
