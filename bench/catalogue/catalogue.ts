import { join } from "node:path";
import { SCAN_BUDGET_MS } from "../../src/domain/limits.ts";
import { SkippedError, type Bench, type Figure } from "../harness/bench.ts";
import { freeBytes } from "../harness/machine.ts";
import { startModelBox, type ModelBoxServer } from "../harness/model-box-server.ts";
import { percentile } from "../harness/statistics.ts";
import { makeDatabase } from "./databases.ts";
import { Lister } from "./lister.ts";
import { catalogueQueries, otherQueries, type VersionQuery } from "./queries.ts";

interface Size {
  readonly small: number;
  readonly large: number;
  readonly rounds: number;
  readonly calls: number;
  readonly otherCalls: number;
}

const full: Size = { small: 1_000, large: 1_000_000, rounds: 3, calls: 200, otherCalls: 5 };
const smoke: Size = { small: 1_000, large: 3_000, rounds: 1, calls: 2, otherCalls: 1 };
/** What the large database takes, with its copy in the cache. */
const neededBytes = 10e9;

/** Whether lists stay fast when there is much to list. */
export const catalogue: Bench = {
  name: "catalogue",
  title: "lists and filters of versions with labels and metrics: 1,000,000 against 1,000",
  async run(context) {
    if (!context.smoke && freeBytes(context.folder) < neededBytes)
      throw new SkippedError(`needs ${neededBytes / 1e9} GB in ${context.folder}; choose --folder`);
    const size = context.smoke ? smoke : full;
    const folders = { small: join(context.folder, "small"), large: join(context.folder, "large") };
    const smallQueries = catalogueQueries(await makeDatabase(context, folders.small, size.small));
    const largeQueries = catalogueQueries(await makeDatabase(context, folders.large, size.large));
    await using small = await startModelBox(context, folders.small);
    await using large = await startModelBox(context, folders.large);
    const figures: Figure[] = [];
    const incomplete: string[] = [];
    for (const [index, query] of largeQueries.entries()) {
      const smallQuery = smallQueries[index];
      if (!smallQuery) continue;
      const listers = { small: await Lister.at(small, smallQuery), large: await Lister.at(large, query) };
      const { figure, complete } = await compare(query, listers, size);
      figures.push(figure);
      if (!complete) incomplete.push(query.name);
      context.log(`${index + 1} of ${largeQueries.length}: ${query.name}`);
    }
    for (const query of otherQueries) figures.push(await longestCall(large, query, size));
    return {
      figures,
      notes: [
        `p95 of ${size.rounds} × ${size.calls} calls over Connect, one after the other, large and small in turn; pages of 50 versions with labels, metrics, tags and artifact.`,
        "The databases are those of src/metadata/testing/catalogue-data.ts, in the system's page cache. Shapes outside the catalogue: the longest call.",
        ...(incomplete.length > 0
          ? [`Their budget ended before the page was full: ${incomplete.join("; ")}.`]
          : []),
      ],
    };
  },
};

async function compare(
  { name, promised }: VersionQuery,
  listers: { readonly small: Lister; readonly large: Lister },
  size: Size,
): Promise<{ readonly figure: Figure; readonly complete: boolean }> {
  const small: number[] = [];
  const large: number[] = [];
  let complete = true;
  for (let round = 0; round < size.rounds; round += 1) {
    const times = { small: [] as number[], large: [] as number[] };
    for (let call = 0; call < size.calls; call += 1) {
      times.small.push((await listers.small.list()).durationMs);
      const listed = await listers.large.list();
      times.large.push(listed.durationMs);
      if (listed.incomplete) complete = false;
    }
    small.push(percentile(times.small, 95));
    large.push(percentile(times.large, 95));
  }
  const figure: Figure = {
    name: promised ? name : `outside: ${name}`,
    unit: "ms",
    ours: large,
    peer: { name: `${size.small} versions`, sample: small },
    aim: promised
      ? { of: "ratio", bound: "at most", limit: 2 }
      : { of: "value", bound: "at most", limit: SCAN_BUDGET_MS },
  };
  return { figure, complete };
}

async function longestCall(server: ModelBoxServer, query: VersionQuery, size: Size): Promise<Figure> {
  const lister = await Lister.at(server, query);
  const times: number[] = [];
  for (let call = 0; call < size.otherCalls; call += 1) times.push((await lister.list()).durationMs);
  return {
    name: `outside: ${query.name}`,
    unit: "ms",
    ours: [Math.max(...times)],
    aim: { of: "value", bound: "at most", limit: SCAN_BUDGET_MS },
  };
}
