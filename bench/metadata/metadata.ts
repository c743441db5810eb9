import { join } from "node:path";
import type { Bench, BenchContext, Figure, Report, Sample } from "../harness/bench.ts";
import { startModelBox } from "../harness/model-box-server.ts";
import { interleave, percentile, sampleOf, type Contestant } from "../harness/statistics.ts";
import { makeRawDatabase } from "../peers/raw-libsql.ts";
import { createExperiments } from "./create-experiments.ts";
import type { LoadOrder, Operation } from "./load.ts";
import { loadPrograms, runLoad, type Load, type LoadProgram } from "./load-programs.ts";

const callers = 16;
/** The load comes from this many processes, so that one is not what is measured. */
const processes = 2;
const rounds = 5;
const durationMs = 3_000;
const smokeDurationMs = 200;
/** Gets ask for these, which are created before. */
const storedExperiments = 2_000;
const smokeStoredExperiments = 20;

/** Creates and gets of small objects by many clients at once. */
export const metadata: Bench = {
  name: "metadata",
  title: `durable creates and gets of experiments by ${callers} clients at once`,
  async run(context) {
    await using server = await startModelBox(context, join(context.folder, "server"));
    const ids = await createExperiments(server, context.smoke ? smokeStoredExperiments : storedExperiments);
    const database = join(context.folder, "raw.db");
    await makeRawDatabase(database, ids);

    const results = new Map<string, Load[]>();
    const contestant = (
      name: string,
      operation: Operation,
      program: LoadProgram,
      target: string,
    ): Contestant => ({
      name: `${name}, ${operation}`,
      async measure(round) {
        const count = name === "raw" ? 1 : processes;
        const orders = Array.from({ length: count }, (_, index): LoadOrder => ({
          operation,
          target,
          callers: callers / count,
          durationMs: context.smoke ? smokeDurationMs : durationMs,
          prefix: `${name}-${operation.replaceAll(" ", "-")}-${round}-${index}`,
          ids: operation === "get" ? ids : [],
        }));
        const result = await runLoad(program, orders, () => server.processorMs());
        results.set(this.name, [...(results.get(this.name) ?? []), result]);
        return result.callsPerSecond;
      },
    });
    const samples = await interleave(
      context.smoke ? 1 : rounds,
      [
        contestant("raw", "create", loadPrograms.raw, database),
        contestant("Connect", "create", loadPrograms.connect, server.httpAddr),
        contestant("gRPC", "create", loadPrograms.grpc, server.grpcAddr),
        contestant("Connect", "create with request_id", loadPrograms.connect, server.httpAddr),
        contestant("raw", "get", loadPrograms.raw, database),
        contestant("Connect", "get", loadPrograms.connect, server.httpAddr),
        contestant("gRPC", "get", loadPrograms.grpc, server.grpcAddr),
      ],
      context.log,
    );
    return report(context, samples, results);
  },
};

function report(
  context: BenchContext,
  samples: ReadonlyMap<string, Sample>,
  results: ReadonlyMap<string, readonly Load[]>,
): Report {
  const figures = ["create", "get"].flatMap((operation) =>
    ["Connect", "gRPC"].map((protocol): Figure => {
      const raw = { name: "raw @libsql/client", sample: sampleOf(samples, `raw, ${operation}`) };
      const figure = {
        name: `${operation}, ${protocol}`,
        unit: "calls/s",
        ours: sampleOf(samples, `${protocol}, ${operation}`),
        peer: raw,
      } as const;
      return operation === "create"
        ? { ...figure, aim: { of: "ratio", bound: "at least", limit: 0.5 } }
        : figure;
    }),
  );
  const withRequestId = sampleOf(samples, "Connect, create with request_id");
  return {
    figures: [
      ...figures.slice(0, 2),
      { name: "create with request_id, Connect", unit: "calls/s", ours: withRequestId },
      ...figures.slice(2),
      ...processorTimes(results),
      ...latencies(results),
    ],
    notes: [
      `The load comes from ${processes} processes of ${callers / processes} callers each, on the same ${context.machine.processors} processors as the server: Connect by fetch, gRPC by @grpc/grpc-js, both in Bun.`,
      `Raw: one process, ${callers} callers, @libsql/client alone; the same row into the same table with the same indexes, in WAL mode with synchronous=FULL, a transaction for each. ModelBox writes the change row and its counter in the same transaction as well.`,
      "Processor time is that of a call: the server's, and that of its clients, which the same processors have to do as well.",
      "Gets are by id. A request_id makes ModelBox store the response too.",
    ],
  };
}

function processorTimes(results: ReadonlyMap<string, readonly Load[]>): Figure[] {
  const perCall = (runs: readonly Load[], time: (run: Load) => number) =>
    runs.map((run) => (time(run) * 1e3) / run.latenciesMs.length);
  return [...results]
    .filter(([name]) => !name.startsWith("raw"))
    .map(([name, runs]) => ({
      name: `processor time of ${name}`,
      unit: "µs",
      ours: perCall(runs, (run) => run.serverProcessorMs),
      peer: { name: "its clients", sample: perCall(runs, (run) => run.processorMs) },
    }));
}

function latencies(results: ReadonlyMap<string, readonly Load[]>): Figure[] {
  return [...results]
    .filter(([name]) => !name.startsWith("raw"))
    .flatMap(([name, runs]) =>
      [50, 99].map((percent): Figure => ({
        name: `p${percent} of ${name}`,
        unit: "ms",
        ours: runs.map((run) => percentile(run.latenciesMs, percent)),
        peer: {
          name: "raw @libsql/client",
          sample: (results.get(rawNameOf(name)) ?? []).map((run) => percentile(run.latenciesMs, percent)),
        },
      })),
    );
}

function rawNameOf(name: string): string {
  return name.endsWith("get") ? "raw, get" : "raw, create";
}
