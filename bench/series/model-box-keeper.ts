import { Database } from "bun:sqlite";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { BenchContext } from "../harness/bench.ts";
import { callJson } from "../harness/json-call.ts";
import { clientEnvironment, startModelBox, type ModelBoxServer } from "../harness/model-box-server.ts";
import { run, waitUntil } from "../harness/processes.ts";
import { bytesIn, type Cost, type KeeperKind } from "./keeper.ts";

const experiment = "bench/training";
const encodeLimitMs = 600_000;
const database = "metadata.db";

/** A checkpoint of an experiment by the command line; the server runs while nothing is counted. */
export function modelBoxKeeper(context: BenchContext): KeeperKind {
  return {
    name: "ModelBox",
    async open(folder) {
      let server = await startModelBox(context, folder);
      await callJson(server, "ExperimentService/CreateExperiment", { namespace: "bench", name: "training" });
      const client = async (words: readonly string[]): Promise<Cost> => {
        const before = server.processorMs();
        const env = { ...clientEnvironment(server, folder), XDG_CACHE_HOME: join(folder, "cache") };
        const { durationMs, processorMs } = await run([context.executable, "client", ...words, "--quiet"], {
          env,
        });
        return { durationMs, processorMs: processorMs + server.processorMs() - before };
      };
      return {
        store: (path, step) =>
          client(["checkpoints", "create", "--experiment", experiment, "--step", String(step), path]),
        async afterwards() {
          const result = await waitUntilEncoded(server, join(folder, database));
          // A server that has ended has written its log of transactions back into its database, whose size counts.
          await server[Symbol.asyncDispose]();
          const remark = describeChains(join(folder, database));
          server = await startModelBox(context, folder);
          return { cost: result, remark };
        },
        restore: (step, target) =>
          client(["checkpoints", "download", `${experiment}/step-${step}`, "--output", target]),
        async storedBytes() {
          const { size } = await stat(join(folder, database));
          return (await bytesIn(join(folder, "blobs"))) + size;
        },
        [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
      };
    },
  };
}

/** Tables of work that the server does later; it is idle when all are empty. */
const pendingTables = ["pending_files", "pending_encodings", "doomed_objects"] as const;

/** Waits until the server has verified and encoded what it got, and removed what it needs no more. */
async function waitUntilEncoded(server: ModelBoxServer, databasePath: string): Promise<Cost> {
  const startedAt = performance.now();
  const before = server.processorMs();
  using connection = new Database(databasePath, { readonly: true });
  const counts = pendingTables.map((table) =>
    connection.query<{ n: number }, []>(`SELECT count(*) n FROM ${table}`),
  );
  await waitUntil("the background work of the server", encodeLimitMs, async () => {
    await Bun.sleep(50);
    return counts.every((count) => count.get()?.n === 0);
  });
  return { durationMs: performance.now() - startedAt, processorMs: server.processorMs() - before };
}

interface FormRow {
  readonly encoding: string;
  readonly chunks: number;
  readonly megabytes: number;
  readonly deepest: number;
}

/** How the chunks are kept, and how many bases the deepest one has under it. */
function describeChains(databasePath: string): string {
  using connection = new Database(databasePath, { readonly: true });
  const forms = connection
    .query<FormRow, []>(
      "SELECT encoding, count(*) chunks, sum(stored_bytes) / 1e6 megabytes, max(chain_depth) deepest FROM chunks GROUP BY encoding",
    )
    .all();
  const deepest = Math.max(...forms.map((form) => form.deepest));
  const parts = forms.map(
    ({ encoding, chunks, megabytes }) => `${encoding} ${chunks} (${megabytes.toFixed(1)} MB)`,
  );
  return `deepest chain ${deepest}; chunks: ${parts.join(", ")}`;
}
