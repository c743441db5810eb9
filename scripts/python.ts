/** Pythons for tools and tests: environments in .tools/, made once and named after what is in them. */
import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dir, "..");
/** The versions that the SDK supports, oldest first. */
const SUPPORTED_PYTHONS = ["3.10", "3.11", "3.12", "3.13"] as const;

/** A Python with packages, or why there is none. */
export type PythonWith = { readonly python: string } | { readonly missing: string };

/** A Python of this machine. */
export interface FoundPython {
  /** For example "3.10". */
  readonly version: string;
  readonly program: string;
}

/** The supported Pythons that this machine has, oldest first: on the path, or where pyenv keeps them. */
export function findPythons(): readonly FoundPython[] {
  return SUPPORTED_PYTHONS.flatMap((version) => {
    const program = candidates(version).find((path) => answersAs(path, version));
    return program === undefined ? [] : [{ version, program }];
  });
}

function candidates(version: string): readonly string[] {
  const onPath = Bun.which(`python${version}`);
  const pyenv = join(process.env["PYENV_ROOT"] ?? join(homedir(), ".pyenv"), "versions");
  const installed = existsSync(pyenv)
    ? readdirSync(pyenv)
        .filter((name) => name.startsWith(`${version}.`))
        .toSorted()
        .map((name) => join(pyenv, name, "bin", `python${version}`))
    : [];
  return [...(onPath === null ? [] : [onPath]), ...installed, Bun.which("python3") ?? "python3"];
}

/** False, too, for a stand-in of pyenv whose Python is not chosen. */
function answersAs(program: string, version: string): boolean {
  if (Bun.which(program) === null) return false;
  const code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
  const { exitCode, stdout } = Bun.spawnSync([program, "-c", code], { stdin: "ignore", stderr: "ignore" });
  return exitCode === 0 && stdout.toString().trim() === version;
}

/** How packages come into an environment. */
type Install = (python: string, requirements: readonly string[]) => readonly (readonly string[])[];

/** Installed once into .tools/; `base` is the Python it is made with. */
export function pythonWith(
  name: string,
  requirements: readonly string[],
  base: string = "python3",
  install: Install = withPip,
): PythonWith {
  const key = new Bun.CryptoHasher("sha256").update(requirements.join()).digest("hex").slice(0, 12);
  const folder = join(root, `.tools/python-${name}-${key}`);
  const python = join(folder, "bin/python");
  if (existsSync(join(folder, "complete"))) return { python };
  const part = `${folder}.${process.pid}`;
  const problem = firstFailure([
    [base, "-m", "venv", part],
    ...install(join(part, "bin/python"), requirements),
    ["touch", join(part, "complete")],
  ]);
  if (problem !== undefined) {
    rmSync(part, { recursive: true, force: true });
    return { missing: problem };
  }
  // Who comes second finds the first one's, and drops its own.
  if (existsSync(join(folder, "complete"))) rmSync(part, { recursive: true, force: true });
  else {
    rmSync(folder, { recursive: true, force: true });
    renameSync(part, folder);
  }
  return { python };
}

/** As pythonWith, and with the SDK itself, so that changes of its sources count at once. */
export function pythonWithSdk(
  name: string,
  requirements: readonly string[],
  base: string,
  install: Install = withPip,
): PythonWith {
  const all = [...requirements, "hatchling==1.33.0", "editables==0.6"];
  const environment = pythonWith(name, all, base, install);
  if ("missing" in environment) return environment;
  const project = join(root, "sdk/python");
  const description = readFileSync(join(project, "pyproject.toml"));
  const key = new Bun.CryptoHasher("sha256").update(description).digest("hex").slice(0, 12);
  const stamp = join(environment.python, "../..", `sdk-${key}`);
  if (existsSync(stamp)) return environment;
  const problem = firstFailure([
    [environment.python, ...PIP_INSTALL, "--no-deps", "--no-build-isolation", "--editable", project],
    ["touch", stamp],
  ]);
  return problem === undefined ? environment : { missing: problem };
}

/** The reason stands near the end. */
const MAX_PROBLEM_LINES = 8;
const PIP_INSTALL = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];

function withPip(python: string, requirements: readonly string[]): readonly (readonly string[])[] {
  return [[python, ...PIP_INSTALL, ...requirements]];
}

/**
 * For gigabytes: uv unpacks packages once on a machine, and links them into the environment of each checkout. Where it
 * can't be had or can't download, pip does the work.
 */
export function withUv(python: string, requirements: readonly string[]): readonly (readonly string[])[] {
  const uv = pythonWith("uv", ["uv==0.13.9"]);
  if ("missing" in uv) return withPip(python, requirements);
  const install = [uv.python, "-m", "uv", "pip", "install", "--quiet", "--native-tls", "--python", python];
  const works = failureOf([...install, "--dry-run", ...requirements]) === undefined;
  return works ? [[...install, ...requirements]] : withPip(python, requirements);
}

function firstFailure(steps: readonly (readonly string[])[]): string | undefined {
  for (const step of steps) {
    const problem = failureOf(step);
    if (problem !== undefined) return `\`${step.join(" ")}\` failed: ${problem}`;
  }
  return undefined;
}

function failureOf(command: readonly string[]): string | undefined {
  if (Bun.which(command[0] ?? "") === null) return "there is no such program";
  const { exitCode, stderr } = Bun.spawnSync([...command], {
    stdin: "ignore",
    stdout: "ignore",
    stderr: "pipe",
  });
  if (exitCode === 0) return undefined;
  return stderr.toString().trim().split("\n").slice(-MAX_PROBLEM_LINES).join("\n");
}
