import { join } from "node:path";
import type { BenchContext, Report } from "../harness/bench.ts";
import { settle, warmMemory } from "../harness/files.ts";
import type { ModelBoxServer } from "../harness/model-box-server.ts";
import { startPython, type PythonChild } from "../harness/python-child.ts";
import { waitUntilIdle } from "../harness/server-idle.ts";

/** What all parts of the bench share. */
export interface TrainingCase {
  readonly context: BenchContext;
  /** With the SDK and PyTorch. */
  readonly python: string;
  readonly server: ModelBoxServer;
  readonly serverFolder: string;
  /** Of programs that use the SDK: which server, and no settings or cache of whoever runs this. */
  readonly env: Readonly<Record<string, string>>;
}

/** Figures and notes of a part. */
export type Part = Report;

/** Path of a program of this bench. */
export function programPath(name: string): string {
  return join(import.meta.dir, name);
}

/** Starts one of the programs that carry out orders. */
export function startTrainer(
  { context, python, env }: TrainingCase,
  program: string,
  words: readonly (string | number)[],
): PythonChild {
  const argv = [programPath(program), ...words.map(String)];
  return startPython(python, argv, join(context.folder, `${program}.log`), env);
}

/** Nothing is left to do of what was measured before, and memory is at hand for what is measured next. */
export async function prepare({ context, serverFolder }: TrainingCase, sizeBytes: number): Promise<void> {
  await waitUntilIdle(serverFolder);
  await settle(context.folder);
  await warmMemory(context.folder, 2 * sizeBytes);
}
