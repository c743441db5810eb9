import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Finished } from "../harness/processes.ts";

/** What a step took: by the clock, and of the processors. */
export type Cost = Pick<Finished, "durationMs" | "processorMs">;

/** A tool that keeps the checkpoints of a series, in the way in which people use it. */
export interface Keeper extends AsyncDisposable {
  /** Stores the file, which has the same path each time, as the checkpoint of this step. */
  store(path: string, step: number): Promise<Cost>;
  /** What goes on after the storing, on its own; undefined: nothing does. */
  readonly afterwards?: () => Promise<Afterwards>;
  /** Writes the file of this step into the folder, under its name. */
  restore(step: number, folder: string): Promise<Cost>;
  /** Bytes of all files that have to be kept. */
  storedBytes(): Promise<number>;
}

/** Work after the storing, and a sentence about its result. */
export interface Afterwards {
  readonly cost: Cost;
  readonly remark: string;
}

/** A tool, before it keeps anything. */
export interface KeeperKind {
  readonly name: string;
  /** Makes an empty store in an empty folder; the files that it will get have this name. */
  open(folder: string, fileName: string): Promise<Keeper>;
}

/** The sum of several steps. */
export function sumOf(costs: readonly Cost[]): Cost {
  return {
    durationMs: costs.reduce((sum, { durationMs }) => sum + durationMs, 0),
    processorMs: costs.reduce((sum, { processorMs }) => sum + processorMs, 0),
  };
}

/** Bytes of all files in a folder: `du --apparent-size` without its folders. */
export async function bytesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(
    files.map(async (file) => (await stat(join(file.parentPath, file.name))).size),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}
