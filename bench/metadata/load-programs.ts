import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLoad, type RunningLoad } from "../harness/load-process.ts";
import type { LoadOrder, LoadResult } from "./load.ts";

/** How a load program is started, before its order. */
export type LoadProgram = readonly string[];

export interface LoadPrograms {
  readonly raw: LoadProgram;
  readonly connect: LoadProgram;
  readonly grpc: LoadProgram;
  /** What runs the gRPC client, for the report. */
  readonly grpcRuntime: string;
}

/** Bundles the gRPC client for Node.js, which does not read our TypeScript. */
export async function loadPrograms(folder: string): Promise<LoadPrograms> {
  const outdir = join(folder, "load");
  await mkdir(outdir, { recursive: true });
  await Bun.build({
    entrypoints: [fileURLToPath(import.meta.resolve("./load-grpc.ts"))],
    target: "node",
    outdir,
  });
  const node = Bun.which("node");
  return {
    raw: [process.execPath, fileURLToPath(import.meta.resolve("./load-raw.ts"))],
    connect: [process.execPath, fileURLToPath(import.meta.resolve("./load-connect.ts"))],
    grpc: [node ?? process.execPath, join(outdir, "load-grpc.js")],
    grpcRuntime: node === null ? `Bun ${Bun.version}` : "Node.js",
  };
}

/** Runs one program per order, all of them at the same time, and puts their results together. */
export async function runLoad(program: LoadProgram, orders: readonly LoadOrder[]): Promise<LoadResult> {
  const loads: RunningLoad[] = [];
  try {
    for (const order of orders) loads.push(startLoad([...program, JSON.stringify(order)]));
    await Promise.all(loads.map((load) => load.ready()));
    const outputs = await Promise.all(loads.map((load) => load.measure()));
    const results = outputs.map((output) => JSON.parse(output) as LoadResult);
    return {
      callsPerSecond: results.reduce((sum, result) => sum + result.callsPerSecond, 0),
      latenciesMs: results.flatMap((result) => result.latenciesMs),
    };
  } finally {
    for (const load of loads) load.end();
  }
}
