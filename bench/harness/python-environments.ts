import { frameworkEnvironment, mlflowEnvironment, testEnvironments } from "../../scripts/python-sdk.ts";
import type { PythonWith } from "../../scripts/python.ts";
import { SkippedError } from "./bench.ts";

/** A Python with the SDK and PyTorch; a bench that needs it is left out where there is none. */
export function pythonWithTorch(): string {
  return needed(() => frameworkEnvironment().environment);
}

/** A Python with the SDK and what it depends on, NumPy included. */
export function pythonWithModelBox(): string {
  return needed(() => newest(testEnvironments()).environment);
}

/** A Python with MLflow and its server. */
export function pythonWithMlflow(): string {
  return needed(mlflowEnvironment);
}

function newest<Item>(items: readonly Item[]): Item {
  const last = items.at(-1);
  if (last === undefined) throw new Error("There is no Python 3.10 to 3.13, with venv.");
  return last;
}

function needed(find: () => PythonWith): string {
  try {
    const found = find();
    if ("python" in found) return found.python;
    throw new Error(found.missing);
  } catch (error) {
    throw new SkippedError(error instanceof Error ? error.message : String(error));
  }
}
