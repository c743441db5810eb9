/** The part of scripts/test that runs after set-up. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runChecks } from "./checks.ts";
import { installTestServers } from "./debian-packages.ts";

const root = join(import.meta.dir, "..");
/** For tests that start processes; a test that needs longer says so itself. */
const testTimeoutMs = 30_000;

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const { values, positionals } = parseArgs({
  options: { long: { type: "boolean", default: false } },
  allowPositionals: true,
});
try {
  await installTestServers();
} catch (error) {
  // Without them many tests fail, each with the reason.
  console.error(error instanceof Error ? error.message : String(error));
}
const counts = [
  ...(positionals.length === 0 ? [await countChecks()] : []),
  await countTests(positionals.length === 0 ? ["src", "scripts", "test"] : positionals),
];
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
process.exitCode = failed === 0 ? 0 : 1;
console.log(`${passed} passed, ${failed} failed`);

async function countChecks(): Promise<Count> {
  const results = await runChecks();
  for (const { name, passed: ok, output } of results) {
    console.log(`${ok ? "(pass)" : "(fail)"} check: ${name}`);
    if (!ok) console.log(output);
  }
  const good = results.filter((result) => result.passed).length;
  return { passed: good, failed: results.length - good };
}

async function countTests(paths: readonly string[]): Promise<Count> {
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
        env: {
          ...process.env,
          MODELBOX_EXECUTABLE: process.env["MODELBOX_EXECUTABLE"] ?? join(root, "dist/modelbox"),
          ...(values.long ? { MODELBOX_LONG_TESTS: "1" } : {}),
        },
        stdin: "ignore",
        stdout: "inherit",
        stderr: "inherit",
      },
    );
    const status = await child.exited;
    return readReport(report, status);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A test run that ends badly without a failed test, as after a crash, counts as one that failed. */
function readReport(path: string, status: number): Count {
  const totals = /<testsuites[^>]*>/.exec(safeRead(path))?.[0] ?? "";
  const attribute = (name: string) => Number(new RegExp(`\\b${name}="(\\d+)"`).exec(totals)?.[1] ?? 0);
  const failures = attribute("failures") + attribute("errors");
  const skipped = attribute("skipped");
  if (skipped > 0) console.log(`${skipped} skipped`);
  return {
    passed: attribute("tests") - failures - skipped,
    failed: failures === 0 && status !== 0 ? 1 : failures,
  };
}

function safeRead(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
