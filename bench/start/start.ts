import { statSync } from "node:fs";
import { join } from "node:path";
import type { Bench, BenchContext, Report, Sample } from "../harness/bench.ts";
import { clientEnvironment, startModelBox } from "../harness/model-box-server.ts";
import { run } from "../harness/processes.ts";
import { interleave, sampleOf } from "../harness/statistics.ts";

/** How long a user waits before anything happens. */
export const start: Bench = {
  name: "start",
  title: "start of the command line and of the server, size of the executable",
  async run(context) {
    const rounds = context.smoke ? 2 : 15;
    const samples = await interleave(
      rounds,
      [
        { name: "modelbox --version", measure: () => version(context.executable, "modelbox") },
        { name: "bun --version", measure: () => version(process.execPath, "") },
        { name: "new", measure: (round) => ready(context, `new-${round}`) },
        { name: "existing", measure: () => ready(context, "existing") },
      ],
      context.log,
    );
    return report(context, samples, await firstCall(context, rounds));
  },
};

function report(context: BenchContext, samples: ReadonlyMap<string, Sample>, calls: Sample): Report {
  return {
    figures: [
      {
        name: "modelbox --version",
        unit: "ms",
        ours: sampleOf(samples, "modelbox --version"),
        peer: { name: "bun --version", sample: sampleOf(samples, "bun --version") },
        aim: { of: "value", bound: "at most", limit: 60 },
      },
      {
        name: "server start until ready, empty folder",
        unit: "ms",
        ours: sampleOf(samples, "new"),
        aim: { of: "value", bound: "at most", limit: 400 },
      },
      {
        name: "server start until ready, existing data",
        unit: "ms",
        ours: sampleOf(samples, "existing"),
        aim: { of: "value", bound: "at most", limit: 400 },
      },
      { name: "modelbox client projects list", unit: "ms", ours: calls },
      { name: "size of the executable", unit: "MB", ours: [statSync(context.executable).size / 1e6] },
    ],
    notes: [
      "A start counts from before the process is made; the server is ready when /readyz answers 200.",
      "The executable is in the page cache, as for anybody who ran it before.",
    ],
  };
}

async function version(program: string, expected: string): Promise<number> {
  const { stdout, durationMs } = await run([program, "--version"]);
  if (!stdout.startsWith(expected)) throw new Error(`${program} --version printed ${stdout}`);
  return durationMs;
}

async function ready(context: BenchContext, name: string): Promise<number> {
  await using server = await startModelBox(context, join(context.folder, name));
  return server.readyMs;
}

async function firstCall(context: BenchContext, rounds: number): Promise<Sample> {
  const folder = join(context.folder, "existing");
  await using server = await startModelBox(context, folder);
  const env = clientEnvironment(server, folder);
  const sample: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const { durationMs } = await run([context.executable, "client", "projects", "list", "--json"], { env });
    sample.push(durationMs);
  }
  return sample;
}
