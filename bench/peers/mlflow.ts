import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { answers, freePort, run, startService } from "../harness/processes.ts";
import { processorMsOfGroup } from "../harness/processor-time.ts";

const startLimitMs = 300_000;
/** Of `mlflow server`, unless one says otherwise. */
export const mlflowDefaultWorkers = 4;

/** MLflow's own server: one that its clients reach for runs and, through it, for artifacts. */
export interface MlflowServer extends AsyncDisposable {
  /** `http://127.0.0.1:…`. */
  readonly uri: string;
  /** Processor time that all of its processes have taken so far, in steps of 10 ms. */
  processorMs(): number;
}

/** Of MLflow's programs: nothing goes to its makers, and what else it would run beside the server gets no processor. */
export const mlflowEnvironment: Readonly<Record<string, string>> = {
  MLFLOW_DISABLE_TELEMETRY: "true",
  DO_NOT_TRACK: "true",
  MLFLOW_TRACKING_URI: "",
  // Eight more processes that look for jobs all the time, of which there are none here.
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: "false",
};

/** Its database in this folder, as an address of SQLAlchemy. */
export function mlflowDatabase(folder: string): string {
  return `sqlite:///${join(folder, "mlflow.db")}`;
}

/**
 * Starts `mlflow server` as it comes: SQLite, and artifacts in a folder, which clients send to it and get from it. Waits
 * until all of its workers are ready.
 */
export async function startMlflow(python: string, folder: string, workers: number): Promise<MlflowServer> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const uri = `http://127.0.0.1:${port}`;
  const logPath = join(folder, "mlflow.log");
  const options = {
    "backend-store-uri": mlflowDatabase(folder),
    "artifacts-destination": join(folder, "artifacts"),
    host: "127.0.0.1",
    port: String(port),
    workers: String(workers),
  };
  const service = startService(
    [
      python,
      "-m",
      "mlflow",
      "server",
      ...Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]),
    ],
    logPath,
    { cwd: folder, env: mlflowEnvironment, ownGroup: true },
  );
  try {
    await service.until("MLflow to be ready", () => answers(`${uri}/health`), startLimitMs);
    await service.until(
      "all workers of MLflow to be ready",
      async () => {
        const log = await Bun.file(logPath).text();
        return log.split("Application startup complete").length > workers;
      },
      startLimitMs,
    );
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
  return {
    uri,
    processorMs: () => processorMsOfGroup(service.pid),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  };
}

/** Its version. */
export async function mlflowVersion(python: string): Promise<string> {
  const { stdout } = await run([
    python,
    "-c",
    "import importlib.metadata; print(importlib.metadata.version('mlflow'))",
  ]);
  return stdout.trim();
}
