import { Database } from "bun:sqlite";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { BenchContext } from "../harness/bench.ts";
import { callJson } from "../harness/json-call.ts";
import { clientEnvironment, startModelBox, type ModelBoxServer } from "../harness/model-box-server.ts";
import { run } from "../harness/processes.ts";
import { waitUntilIdle } from "../harness/server-idle.ts";
import { bytesIn, type Cost, type KeeperKind } from "./keeper.ts";

const experiment = "bench/training";
const database = "metadata.db";
/** As ten minutes later. */
const settled = { MODELBOX_ENCODING_REST_MINUTES: "0" };

/** A checkpoint of an experiment by the command line; the server runs while nothing is counted. */
export function modelBoxKeeper(context: BenchContext): KeeperKind {
  return {
    name: "ModelBox",
    async open(folder) {
      let server = await startModelBox(context, folder, settled);
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
          const cost = await encoded(server, folder);
          // A server that has ended has written its log of transactions back into its database, whose size counts.
          await server[Symbol.asyncDispose]();
          await removeReplaced(context, folder);
          const remark = describeChains(join(folder, database));
          server = await startModelBox(context, folder, settled);
          return { cost, remark };
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

/** Waits for the end of the work that the server does after an upload. */
async function encoded(server: ModelBoxServer, folder: string): Promise<Cost> {
  const startedAt = performance.now();
  const before = server.processorMs();
  await waitUntilIdle(folder);
  return { durationMs: performance.now() - startedAt, processorMs: server.processorMs() - before };
}

/**
 * Has a server that is ended removed from its folder what it needs no more: the forms that others have replaced. They
 * stay for an hour, for those who are reading them; the bench only lets that hour be over.
 */
async function removeReplaced(context: BenchContext, folder: string): Promise<void> {
  {
    using connection = new Database(join(folder, database));
    const { changes } = connection.run("UPDATE doomed_objects SET doomed_at = 0");
    if (changes === 0) return;
  }
  await run([context.executable, "server", "gc", "--config-path", join(folder, "modelbox.toml")]);
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
