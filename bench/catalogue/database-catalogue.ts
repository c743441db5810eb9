import { join } from "node:path";
import { databasePrograms, type DatabaseKind } from "../../test/support/database-servers.ts";
import { onDatabase } from "../../test/support/storage-environment.ts";
import { SkippedError, type Bench, type BenchContext, type Figure } from "../harness/bench.ts";
import { freeBytes } from "../harness/machine.ts";
import { startModelBox } from "../harness/model-box-server.ts";
import { percentile } from "../harness/statistics.ts";
import { Lister } from "./lister.ts";
import { catalogueQueries } from "./queries.ts";
import { startCatalogueServer } from "./remote-database.ts";

const size = { count: 1_000_000, rounds: 3, calls: 40 };
const smokeSize = { count: 1_000, rounds: 1, calls: 2 };
/** What one database takes at its full size, and what is in the way while it is made. */
const neededBytes = 10e9;
/** In milliseconds. */
const aim = 50;

const kinds = [
  { kind: "mysql", name: "MariaDB" },
  { kind: "postgres", name: "PostgreSQL" },
] as const;

/** Whether lists stay fast on database servers when there is much to list. */
export const databaseCatalogue: Bench = {
  name: "database-catalogue",
  title: "lists and filters of 1,000,000 versions with labels and metrics, on database servers",
  async run(context) {
    requireRoom(context);
    const figures: Figure[] = [];
    const incomplete: string[] = [];
    for (const one of kinds) figures.push(...(await measure(context, one, incomplete)));
    const { count, rounds, calls } = context.smoke ? smokeSize : size;
    return {
      figures,
      notes: [
        `p95 of ${rounds} × ${calls} calls over Connect, one after the other, to a server with ${count} versions; pages of 50 versions with labels, metrics, tags and artifact.`,
        "The database has its rows in memory: a pool of 2 GiB on MariaDB; 1 GiB and the system's cache on PostgreSQL.",
        ...(incomplete.length > 0
          ? [`Their budget ended before the page was full: ${incomplete.join("; ")}.`]
          : []),
      ],
    };
  },
};

async function measure(
  context: BenchContext,
  { kind, name }: { readonly kind: DatabaseKind; readonly name: string },
  incomplete: string[],
): Promise<readonly Figure[]> {
  const { count, rounds, calls } = context.smoke ? smokeSize : size;
  await using database = await startCatalogueServer(context, kind, count);
  const env = onDatabase(kind, database.settings);
  await using server = await startModelBox(context, join(context.folder, `${kind}-server`), env);
  const figures: Figure[] = [];
  for (const query of catalogueQueries(database.data)) {
    const lister = await Lister.at(server, query);
    const p95s: number[] = [];
    let complete = true;
    for (let round = 0; round < rounds; round += 1) {
      const times: number[] = [];
      for (let call = 0; call < calls; call += 1) {
        const listed = await lister.list();
        times.push(listed.durationMs);
        if (listed.incomplete) complete = false;
      }
      p95s.push(percentile(times, 95));
    }
    if (!complete) incomplete.push(`${name}: ${query.name}`);
    figures.push({
      name: `${name}: ${query.promised ? "" : "outside: "}${query.name}`,
      unit: "ms",
      ours: p95s,
      aim: { of: "value", bound: "at most", limit: aim },
    });
  }
  context.log(`${name}: ${figures.length} shapes`);
  return figures;
}

function requireRoom(context: BenchContext): void {
  try {
    for (const { kind } of kinds) databasePrograms(kind);
  } catch (error) {
    throw new SkippedError(error instanceof Error ? error.message : String(error));
  }
  if (!context.smoke && freeBytes(context.folder) < neededBytes)
    throw new SkippedError(`needs ${neededBytes / 1e9} GB in ${context.folder}; choose --folder`);
}
