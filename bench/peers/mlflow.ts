import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { answers, freePort, run, startService } from "../harness/processes.ts";

const startLimitMs = 120_000;

/** MLflow's own server: one that its clients reach for runs and, through it, for artifacts. */
export interface MlflowServer extends AsyncDisposable {
  /** `http://127.0.0.1:…`. */
  readonly uri: string;
}

/** Of MLflow's programs: nothing of whoever runs this, and nothing that goes to its makers. */
export const mlflowEnvironment: Readonly<Record<string, string>> = {
  MLFLOW_DISABLE_TELEMETRY: "true",
  DO_NOT_TRACK: "true",
  MLFLOW_TRACKING_URI: "",
};

/** Its database in this folder, as an address of SQLAlchemy. */
export function mlflowDatabase(folder: string): string {
  return `sqlite:///${join(folder, "mlflow.db")}`;
}

/**
 * Starts `mlflow server` as it comes: SQLite, artifacts in a folder, which clients send to it and get from it, and its
 * default number of workers.
 */
export async function startMlflow(python: string, folder: string): Promise<MlflowServer> {
  await mkdir(folder, { recursive: true });
  const port = await freePort();
  const uri = `http://127.0.0.1:${port}`;
  const service = startService(
    [
      python,
      "-m",
      "mlflow",
      "server",
      "--backend-store-uri",
      mlflowDatabase(folder),
      "--artifacts-destination",
      join(folder, "artifacts"),
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
    ],
    join(folder, "mlflow.log"),
    { cwd: folder, env: mlflowEnvironment, ownGroup: true },
  );
  try {
    await service.until("MLflow to be ready", () => answers(`${uri}/health`), startLimitMs);
  } catch (error) {
    await service[Symbol.asyncDispose]();
    throw error;
  }
  return { uri, [Symbol.asyncDispose]: () => service[Symbol.asyncDispose]() };
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
