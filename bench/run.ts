/**
 * Runs the comparisons of bench/README.md: `bun run bench`, or some of them by name. `--smoke` runs a tiny version of
 * all, which fails when something does not work, whatever the speed.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { blobs } from "./blobs/blobs.ts";
import { catalogue } from "./catalogue/catalogue.ts";
import { databaseCatalogue } from "./catalogue/database-catalogue.ts";
import { collection } from "./collection/collection.ts";
import { databases } from "./databases/databases.ts";
import { SkippedError, type Bench, type BenchContext } from "./harness/bench.ts";
import { describeMachine } from "./harness/machine.ts";
import { endRunningPrograms, run } from "./harness/processes.ts";
import { formatMachine, formatReport, implausible, toJson, withoutAims } from "./harness/report.ts";
import { formatSummary, type Outcome } from "./harness/summary.ts";
import { checkpoints } from "./series/checkpoints.ts";
import { encoding } from "./encoding/encoding.ts";
import { memory } from "./memory/memory.ts";
import { metadata } from "./metadata/metadata.ts";
import { mlflow } from "./mlflow/mlflow.ts";
import { reuse } from "./reuse/reuse.ts";
import { s3 } from "./s3/s3.ts";
import { smallFiles } from "./small-files/small-files.ts";
import { start } from "./start/start.ts";
import { training } from "./training/training.ts";

const benches: readonly Bench[] = [
  start,
  metadata,
  databases,
  catalogue,
  databaseCatalogue,
  blobs,
  s3,
  memory,
  checkpoints,
  reuse,
  collection,
  smallFiles,
  encoding,
  training,
  mlflow,
];
const root = join(import.meta.dir, "..");
const resultsFolder = join(root, "dist/bench");

/** Wrong usage, in one sentence that says what to do. */
class UsageError extends Error {
  override readonly name = "UsageError";
}

process.exitCode = await main();

async function main(): Promise<number> {
  try {
    return await runAll(readArguments());
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}

type Arguments = ReturnType<typeof readArguments>;

function readArguments() {
  const { values, positionals } = parse();
  const unknown = positionals.filter((name) => !benches.some((bench) => bench.name === name));
  if (unknown.length > 0) {
    const names = benches.map(({ name }) => name).join(", ");
    throw new UsageError(`There is no bench ${unknown.join(", ")}; there are ${names}.`);
  }
  return { values, positionals };
}

function parse() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        smoke: { type: "boolean", default: false },
        /** Measured instead of dist/modelbox, which is built when it is older than its sources. */
        executable: { type: "string" },
        /** Where data is written; it decides which disk is measured. Made when it is missing. */
        folder: { type: "string", default: tmpdir() },
        /** Keeps what is expensive to make there, for the next time. */
        cache: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function runAll({ values, positionals }: Arguments): Promise<number> {
  const executable = await measuredExecutable(values.executable);
  const folder = makeFolder(resolve(values.folder));
  const cleanUp = () => rmSync(folder, { recursive: true, force: true });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Not once: a second signal, from a terminal and from `bun run` for example, would end this in the middle of it.
    process.on(signal, () => {
      endRunningPrograms();
      cleanUp();
      process.exit(130);
    });
  }
  try {
    const machine = describeMachine(folder);
    console.log(formatMachine(machine));
    const outcomes: Outcome[] = [];
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
      const startedAt = performance.now();
      const ending = await runBench(bench, context);
      outcomes.push({ bench: bench.name, durationMs: performance.now() - startedAt, ending });
      rmSync(ownFolder, { recursive: true, force: true });
    }
    console.log(`\n${formatSummary(outcomes)}`);
    return outcomes.some(({ ending }) => ending.type === "failed") ? 1 : 0;
  } finally {
    endRunningPrograms();
    cleanUp();
  }
}

/** A missed aim is a result, not a failure. */
async function runBench(bench: Bench, context: BenchContext): Promise<Outcome["ending"]> {
  console.log(`\n${bench.name}: ${bench.title}`);
  try {
    const measured = await bench.run(context);
    const report = context.smoke ? withoutAims(measured) : measured;
    console.log(formatReport(report));
    const wrong = implausible(report);
    if (wrong.length > 0) throw new Error(`no real figure for ${wrong.join(", ")}`);
    if (!context.smoke) {
      mkdirSync(resultsFolder, { recursive: true });
      writeFileSync(join(resultsFolder, `${bench.name}.json`), toJson(bench.name, report, context.machine));
    }
    return { type: "measured", report };
  } catch (error) {
    if (error instanceof SkippedError) {
      console.log(`skipped: ${error.message}`);
      return { type: "skipped", reason: error.message };
    }
    console.error(error);
    return { type: "failed", reason: error instanceof Error ? error.message : String(error) };
  }
}

/** A folder of this run, inside the one that was named. */
function makeFolder(parent: string): string {
  try {
    mkdirSync(parent, { recursive: true });
    const folder = mkdtempSync(join(parent, "modelbox-bench-"));
    // Database servers refuse to be root, and must reach their data as somebody else.
    chmodSync(folder, 0o711);
    return folder;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`Nothing can be written to ${parent} (${reason}); choose another --folder.`);
  }
}

async function measuredExecutable(named: string | undefined): Promise<string> {
  if (named !== undefined) {
    const path = resolve(named);
    if (!existsSync(path)) throw new UsageError(`There is no executable ${path}; check --executable.`);
    return path;
  }
  await run([join(root, "bin/modelbox"), "--version"]);
  const built = join(root, "dist/modelbox");
  if (!existsSync(built)) throw new Error(`${built} was not built`);
  return built;
}
