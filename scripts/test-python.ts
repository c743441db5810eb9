/** Runs the tests of the SDK for Python, and counts them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { readReport, type Count } from "./junit.ts";
import { findPythons, type PythonWith } from "./python.ts";
import { frameworkEnvironment, testEnvironments } from "./python-sdk.ts";

const root = join(import.meta.dir, "..");
const project = join(root, "sdk/python");

/** Whether a path of the command line is about the SDK for Python. */
export function isPythonTest(path: string): boolean {
  return (
    !relative(project, resolve(root, path)).startsWith("..") || resolve(root, path) === join(root, "sdk")
  );
}

/** What needs no framework, with the oldest and with the newest Python of this machine, at once: they wait most of the time. */
export async function countPythonTests(
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Count[]> {
  const found = findPythons().map(({ version }) => version);
  console.log(`Found Python ${found.join(", ")}; the SDK is tested with the oldest and the newest of them.`);
  return await Promise.all(
    testEnvironments().map(({ name, environment }) =>
      countIn(name, environment, "not frameworks", paths, env),
    ),
  );
}

/** What needs one. */
export function countFrameworkTests(
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Count> {
  const { name, environment } = frameworkEnvironment();
  return countIn(name, environment, "frameworks", paths, { ...env, KERAS_BACKEND: "torch" });
}

async function countIn(
  name: string,
  environment: PythonWith,
  which: string,
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Count> {
  if ("missing" in environment) return { passed: 0, failures: [`${name}: ${environment.missing}`] };
  const marked = env["MODELBOX_LONG_TESTS"] === undefined ? `(${which}) and not long` : which;
  const folder = mkdtempSync(join(tmpdir(), "modelbox-pytest-"));
  try {
    const report = join(folder, "report.xml");
    const child = Bun.spawn(
      [
        environment.python,
        "-m",
        "pytest",
        "--quiet",
        "-m",
        marked,
        "-o",
        "junit_family=xunit1",
        `--junitxml=${report}`,
        `--basetemp=${join(folder, "tests")}`,
        ...paths.map((path) => resolve(root, path)).filter((path) => path !== join(root, "sdk")),
      ],
      {
        cwd: project,
        env: { ...process.env, ...env, PYTHONDONTWRITEBYTECODE: "1" },
        stdin: "ignore",
        stdout: "pipe",
        stderr: "pipe",
      },
    );
    const output = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    console.log(`Tests of sdk/python with ${name}\n${output.join("")}`);
    const { passed, failures } = readReport(report, await child.exited, "pytest");
    return { passed, failures: failures.map((failure) => `${name}: ${failure}`) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
