import { fileURLToPath } from "node:url";
import { startLoad, type RunningLoad } from "../harness/load-process.ts";
import type { LoadOrder, LoadResult } from "./load.ts";

/** How a load program is started, before its order. */
export type LoadProgram = readonly string[];

/** @grpc/grpc-js runs in Bun, where a call costs it half the processor time that it takes in Node.js. */
export const loadPrograms = {
  raw: [process.execPath, fileURLToPath(import.meta.resolve("./load-raw.ts"))],
  connect: [process.execPath, fileURLToPath(import.meta.resolve("./load-connect.ts"))],
  grpc: [process.execPath, fileURLToPath(import.meta.resolve("./load-grpc.ts"))],
} as const satisfies Record<string, LoadProgram>;

/** What all programs measured together, and what the server took for it. */
export interface Load extends LoadResult {
  readonly serverProcessorMs: number;
}

/**
 * Runs one program per order, all of them at the same time, and puts their results together. `serverProcessorMs` is asked
 * before and after.
 */
export async function runLoad(
  program: LoadProgram,
  orders: readonly LoadOrder[],
  serverProcessorMs: () => number,
): Promise<Load> {
  const loads: RunningLoad[] = [];
  try {
    for (const order of orders) loads.push(startLoad([...program, JSON.stringify(order)]));
    await Promise.all(loads.map((load) => load.ready()));
    const before = serverProcessorMs();
    const outputs = await Promise.all(loads.map((load) => load.measure()));
    const after = serverProcessorMs();
    const results = outputs.map((output) => JSON.parse(output) as LoadResult);
    return {
      callsPerSecond: results.reduce((sum, result) => sum + result.callsPerSecond, 0),
      latenciesMs: results.flatMap((result) => result.latenciesMs),
      processorMs: results.reduce((sum, result) => sum + result.processorMs, 0),
      serverProcessorMs: after - before,
    };
  } finally {
    for (const load of loads) load.end();
  }
}
