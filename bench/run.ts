/**
 * Runs the comparisons of bench/README.md: `bun run bench`, or some of them by name. `--smoke` runs a tiny version of
 * all, which fails when something does not work, whatever the speed.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { blobs } from "./blobs/blobs.ts";
import { catalogue } from "./catalogue/catalogue.ts";
import { databases } from "./databases/databases.ts";
import { SkippedError, type Bench, type BenchContext } from "./harness/bench.ts";
import { describeMachine } from "./harness/machine.ts";
import { endRunningPrograms, run } from "./harness/processes.ts";
import { formatMachine, formatReport, implausible, toJson, withoutAims } from "./harness/report.ts";
import { memory } from "./memory/memory.ts";
import { metadata } from "./metadata/metadata.ts";
import { start } from "./start/start.ts";

const benches: readonly Bench[] = [start, metadata, databases, catalogue, blobs, memory];
const root = join(import.meta.dir, "..");
const resultsFolder = join(root, "dist/bench");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    smoke: { type: "boolean", default: false },
    /** Measured instead of dist/modelbox, which is built when it is older than its sources. */
    executable: { type: "string" },
    /** Where data is written; it decides which disk is measured. */
    folder: { type: "string", default: tmpdir() },
    /** Keeps what is expensive to make there, for the next time. */
    cache: { type: "string" },
  },
});

process.exitCode = await main();

async function main(): Promise<number> {
  const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    console.error(
      `There is no bench ${unknown.join(", ")}; there are ${benches.map(({ name }) => name).join(", ")}.`,
    );
    return 2;
  }
  const executable = await measuredExecutable();
  const folder = mkdtempSync(join(resolve(values.folder), "modelbox-bench-"));
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      endRunningPrograms();
      cleanUp();
      process.exit(130);
    });
  }
  try {
    const machine = describeMachine(folder);
    console.log(formatMachine(machine));
    const failed: string[] = [];
    for (const bench of benches) {
      if (positionals.length > 0 && !positionals.includes(bench.name)) continue;
      const ownFolder = join(folder, bench.name);
      mkdirSync(ownFolder);
      const context: BenchContext = {
        smoke: values.smoke,
        executable,
        folder: ownFolder,
        cacheFolder: values.cache === undefined ? undefined : resolve(values.cache),
        machine,
        log: (line) => console.error(`  ${bench.name}: ${line}`),
      };
      if (!(await runBench(bench, context))) failed.push(bench.name);
      rmSync(ownFolder, { recursive: true, force: true });
    }
    if (failed.length > 0) console.error(`Did not work: ${failed.join(", ")}.`);
    return failed.length > 0 ? 1 : 0;
  } finally {
    endRunningPrograms();
    cleanUp();
  }
}

/** Whether it worked; a missed aim is a result, not a failure. */
async function runBench(bench: Bench, context: BenchContext): Promise<boolean> {
  console.log(`\n${bench.name}: ${bench.title}`);
  try {
    const report = await bench.run(context);
    console.log(formatReport(context.smoke ? withoutAims(report) : report));
    const wrong = implausible(report);
    if (wrong.length > 0) throw new Error(`no real figure for ${wrong.join(", ")}`);
    if (!context.smoke) {
      mkdirSync(resultsFolder, { recursive: true });
      writeFileSync(join(resultsFolder, `${bench.name}.json`), toJson(bench.name, report, context.machine));
    }
    return true;
  } catch (error) {
    if (error instanceof SkippedError) {
      console.log(`skipped: ${error.message}`);
      return true;
    }
    console.error(error);
    return false;
  }
}

async function measuredExecutable(): Promise<string> {
  if (values.executable !== undefined) return resolve(values.executable);
  await run([join(root, "bin/modelbox"), "--version"]);
  const built = join(root, "dist/modelbox");
  if (!existsSync(built)) throw new Error(`${built} was not built`);
  return built;
}
