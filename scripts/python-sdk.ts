/** What the SDK for Python is checked and tested with. */
import { join } from "node:path";
import { findPythons, pythonWith, pythonWithSdk, withUv, type PythonWith } from "./python.ts";

const root = join(import.meta.dir, "..");
const project = join(root, "sdk/python");

const RUFF = ["ruff==0.17.6"];
const PYTEST = ["pytest==9.2.0", "hypothesis==6.168.5"];
/** The oldest dependencies that pyproject.toml allows, without an extra, go with the oldest Python; the newest with the newest. */
const OLDEST = ["httpx==0.27.0", "protobuf==6.31.0", "tomli==2.0.1"];
const NEWEST = ["httpx==0.28.1", "protobuf==7.36.2", "numpy==2.2.6", "xxhash==4.1.0"];
/** Types of protobuf's own modules, and what only older Pythons need. */
const TYPES = ["types-protobuf==7.35.1.20260906", "tomli==2.0.1", "fsspec==2026.9.0"];
/** PyPI has PyTorch for Linux with CUDA only: it runs without a GPU, and takes 6 GB with what it brings. */
const FRAMEWORKS = [
  "torch==2.15.0",
  "lightning==2.6.6",
  "keras==3.15.1",
  "jax==0.12.0.1",
  "onnxruntime==1.32.0",
  "onnx==1.23.2",
  "safetensors==0.8.0",
  "fsspec==2026.9.0",
  "pandas==3.1.1",
  "pyarrow==26.0.1",
  "numpy==2.4.6",
  "nbclient==0.11.0",
  "ipykernel==7.4.0",
  "nvidia-ml-py==13.615.71",
  "xxhash==4.1.0",
];

/** Compared with in bench/; it brings what its server needs. */
const MLFLOW = ["mlflow==3.17.2"];

/** An environment to run tests in. */
export interface TestEnvironment {
  /** For the list of results, for example "Python 3.13". */
  readonly name: string;
  readonly environment: PythonWith;
}

/** The oldest and the newest supported Python of this machine; throws where there is none. */
export function testEnvironments(): readonly TestEnvironment[] {
  const found = findPythons();
  const [oldest, newest] = [found[0], found.at(-1)];
  if (oldest === undefined || newest === undefined)
    throw new Error("The SDK for Python is tested with Python 3.10 to 3.13; install one of them, with venv.");
  const ends = oldest === newest ? [oldest] : [oldest, newest];
  return ends.map(({ version, program }) => ({
    name: `Python ${version}`,
    environment: pythonWithSdk(
      `sdk-${version}`,
      [...PYTEST, ...(program === oldest.program && found.length > 1 ? OLDEST : NEWEST)],
      program,
    ),
  }));
}

/** Lint and format of the SDK, and of what is written in Python for benches and docs. */
export function ruffCommands(): readonly (readonly string[])[] {
  const environment = pythonWith("ruff", RUFF);
  if ("missing" in environment) throw new Error(environment.missing);
  const ruff = [environment.python, "-m", "ruff"];
  const options = ["--quiet", "--no-cache"];
  // What lies elsewhere is told which project it follows.
  const follows = ["--config", join(project, "pyproject.toml"), join(root, "bench"), join(root, "docs")];
  return [[project], follows].flatMap((paths) => [
    [...ruff, "check", ...options, ...paths],
    [...ruff, "format", ...options, "--diff", ...paths],
  ]);
}

/** Types. It runs on this very Bun, and looks for packages in an environment of its own. */
export function pyrightCommand(): readonly string[] {
  const found = findPythons().at(-1);
  const environment = pythonWith("types", [...PYTEST, ...NEWEST, ...TYPES], found?.program);
  if ("missing" in environment) throw new Error(environment.missing);
  const program = join(root, "node_modules/pyright/index.js");
  return [process.execPath, program, "--project", project, "--pythonpath", environment.python];
}

/**
 * The frameworks, with the newest Python. They are large, and installed apart from everything else.
 */
export function frameworkEnvironment(): TestEnvironment {
  const found = findPythons().at(-1);
  if (found === undefined) throw new Error("The frameworks need Python 3.10 to 3.13, with venv.");
  return {
    name: `frameworks, Python ${found.version}`,
    environment: pythonWithSdk(
      "frameworks",
      [...PYTEST, "httpx==0.28.1", "protobuf==7.36.2", ...FRAMEWORKS],
      found.program,
      withUv,
    ),
  };
}

/** MLflow with its server, on the Python that the frameworks run on. */
export function mlflowEnvironment(): PythonWith {
  return pythonWith("mlflow", MLFLOW, findPythons().at(-1)?.program, withUv);
}
