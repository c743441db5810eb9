import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  databasePrograms,
  startDatabaseServer,
  type DatabaseKind,
} from "../../test/support/database-servers.ts";
import { onDatabase } from "../../test/support/storage-environment.ts";
import { SkippedError, type Bench, type BenchContext, type Figure } from "../harness/bench.ts";
import { startModelBox } from "../harness/model-box-server.ts";
import { interleave, sampleOf, type Contestant } from "../harness/statistics.ts";
import { createExperiments } from "../metadata/create-experiments.ts";
import type { LoadOrder, Operation } from "../metadata/load.ts";
import { loadPrograms, runLoad, type LoadProgram } from "../metadata/load-programs.ts";

const callers = 16;
const rounds = 3;
const durationMs = 3_000;
const smokeDurationMs = 200;
const storedExperiments = 500;
const smokeStoredExperiments = 10;

const kinds = [
  {
    kind: "mysql",
    database: "MariaDB",
    driver: "mysql2",
    program: fileURLToPath(import.meta.resolve("./load-mysql.ts")),
  },
  {
    kind: "postgres",
    database: "PostgreSQL",
    driver: "postgres",
    program: fileURLToPath(import.meta.resolve("./load-postgres.ts")),
  },
] as const;

/** Creates and gets on database servers, against their drivers alone. */
export const databases: Bench = {
  name: "databases",
  title: `creates and gets of experiments on database servers by ${callers} clients at once`,
  async run(context) {
    const figures: Figure[] = [];
    for (const one of kinds) figures.push(...(await measure(context, one)));
    return {
      figures,
      notes: [
        "The database, the server and the load share the processors. The database waits for the disk at each commit.",
        "Raw: one process, 16 connections, the driver alone, with the statements that ModelBox sends for the call, in one transaction each; all creates are in one namespace, so all wait for its counter.",
      ],
    };
  },
};

async function measure(
  context: BenchContext,
  { kind, database, driver, program }: (typeof kinds)[number],
): Promise<readonly Figure[]> {
  requireServer(kind);
  await using server = await startDatabaseServer(kind, { durable: true });
  const settings = { ...(await server.newDatabase()), poolSize: callers };
  const env = onDatabase(kind, settings);
  await using modelBox = await startModelBox(context, join(context.folder, kind), env);
  const ids = await createExperiments(modelBox, context.smoke ? smokeStoredExperiments : storedExperiments);
  const credentials = `${settings.username}:${encodeURIComponent(settings.password)}`;
  const address = `${kind}://${credentials}@${settings.host}:${settings.port}/${settings.dbname}`;
  const raw: LoadProgram = [process.execPath, program];
  const contestant = (name: string, operation: Operation, load: LoadProgram, target: string): Contestant => ({
    name: `${name}, ${operation}`,
    async measure(round) {
      const order: LoadOrder = {
        operation,
        target,
        callers,
        durationMs: context.smoke ? smokeDurationMs : durationMs,
        prefix: `${name}-${operation}-${round}`,
        ids: operation === "get" ? ids : [],
      };
      return (await runLoad(load, [order], () => modelBox.processorMs())).callsPerSecond;
    },
  });
  const samples = await interleave(
    context.smoke ? 1 : rounds,
    (["create", "get"] as const).flatMap((operation) => [
      contestant("raw", operation, raw, address),
      contestant("Connect", operation, loadPrograms.connect, modelBox.httpAddr),
    ]),
    context.log,
  );
  return (["create", "get"] as const).map((operation) => ({
    name: `${operation}, ${database}`,
    unit: "calls/s",
    ours: sampleOf(samples, `Connect, ${operation}`),
    peer: { name: `raw ${driver}`, sample: sampleOf(samples, `raw, ${operation}`) },
    aim: { of: "ratio", bound: "at least", limit: 0.5 },
  }));
}

function requireServer(kind: DatabaseKind): void {
  try {
    databasePrograms(kind);
  } catch (error) {
    throw new SkippedError(error instanceof Error ? error.message : String(error));
  }
}
