/** The part of scripts/test that runs after set-up. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runChecks } from "./checks.ts";
import { installTestServers } from "./debian-packages.ts";

const root = join(import.meta.dir, "..");
/** Ends a test that hangs. Machines that run tests are busy at times, so it is far above what any test needs on a quiet one. */
const testTimeoutMs = 120_000;

interface Count {
  readonly passed: number;
  /** What failed, a line each, to be read without looking through the whole output. */
  readonly failures: readonly string[];
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
const failures = counts.flatMap((count) => count.failures);
process.exitCode = failures.length === 0 ? 0 : 1;
for (const failure of failures) console.log(`(failed) ${failure}`);
console.log(`${passed} passed, ${failures.length} failed`);

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
  const report = safeRead(path);
  const totals = /<testsuites[^>]*>/.exec(report)?.[0] ?? "";
  const total = (name: string) => Number(attribute(totals, name));
  const failures = [...report.matchAll(/(<testcase [^>]*[^/])>\s*<(?:failure|error)\b([^>]*)>/g)].map(
    ([, test = "", reason = ""]) =>
      `${attribute(test, "file")}: ${attribute(test, "classname")} > ${attribute(test, "name")}: ` +
      attribute(reason, "message").replaceAll(/\s+/g, " ").slice(0, 400),
  );
  const uncounted = total("failures") + total("errors") - failures.length;
  failures.push(...Array.from({ length: uncounted }, () => "a test that the report does not name"));
  const skipped = total("skipped");
  if (skipped > 0) console.log(`${skipped} skipped`);
  const passed = total("tests") - failures.length - skipped;
  if (failures.length === 0 && status !== 0) failures.push(`bun test ended with status ${status}`);
  return { passed, failures };
}

function attribute(element: string, name: string): string {
  const text = new RegExp(`\\b${name}="([^"]*)"`).exec(element)?.[1] ?? "";
  const characters: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };
  return text.replaceAll(
    /&(?:#(\d+)|(\w+));/g,
    (whole, code, word) => (code ? String.fromCodePoint(Number(code)) : characters[word]) ?? whole,
  );
}

function safeRead(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
