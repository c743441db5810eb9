import { existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSettings } from "../../src/metadata/index.ts";
import { fillTarget, type CatalogueData } from "../../src/metadata/testing/catalogue-data.ts";
import {
  startDatabaseServer,
  type DatabaseKind,
  type DatabaseServer,
} from "../../test/support/database-servers.ts";
import { onDatabase } from "../../test/support/storage-environment.ts";
import type { BenchContext } from "../harness/bench.ts";
import { startModelBox } from "../harness/model-box-server.ts";
import { mysqlBulkTarget, postgresBulkTarget } from "./bulk-target.ts";
import { addArtifacts, schemaHash } from "./databases.ts";

/** Memory as an operator would give it; what is written need not be durable here. */
const serverArgs = {
  mysql: ["--innodb-buffer-pool-size=2G", "--innodb-log-file-size=512M"],
  postgres: ["--shared_buffers=1GB", "--effective_cache_size=2GB", "--maintenance_work_mem=512MB"],
};
/** What the server keeps statistics of, for its plans. */
const analyzed = "versions, labels, metric_series, tag_assignments, models, artifacts";

interface Facts {
  readonly dbname: string;
  readonly data: CatalogueData;
}

/** A database server with the data of the catalogue. */
export interface CatalogueServer extends AsyncDisposable {
  readonly settings: DatabaseSettings;
  readonly data: CatalogueData;
}

/** Starts a server with so many versions in it; they are made, or are in the cache already. */
export async function startCatalogueServer(
  context: BenchContext,
  kind: DatabaseKind,
  count: number,
): Promise<CatalogueServer> {
  const folder = context.cacheFolder
    ? join(context.cacheFolder, `catalogue-${kind}-${await schemaHash(kind)}-${count}`)
    : join(context.folder, kind);
  const factsPath = join(folder, "facts.json");
  // Without facts it was not made to its end.
  if (!existsSync(factsPath)) await rm(folder, { recursive: true, force: true });
  const server = await startDatabaseServer(kind, { folder, args: serverArgs[kind] });
  try {
    if (!existsSync(factsPath)) {
      const startedAt = performance.now();
      await writeFile(factsPath, JSON.stringify(await fill(context, server, count)));
      context.log(`${count} versions written in ${((performance.now() - startedAt) / 1e3).toFixed(0)} s`);
    }
    const { dbname, data } = JSON.parse(await readFile(factsPath, "utf8")) as Facts;
    const settings = server.settingsOf(dbname);
    return { settings, data, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}

/** The server makes the schema itself; the rows are written straight into its tables. */
async function fill(context: BenchContext, server: DatabaseServer, count: number): Promise<Facts> {
  const { kind } = server;
  const settings = await server.newDatabase();
  {
    const folder = join(context.folder, `${kind}-schema`);
    await using _server = await startModelBox(context, folder, onDatabase(kind, settings));
  }
  await using target = kind === "mysql" ? await mysqlBulkTarget(settings) : postgresBulkTarget(settings);
  const makeIndexes = await target.dropIndexes();
  const data = await fillTarget(target, count);
  await target.exec(addArtifacts);
  await makeIndexes();
  const analyze = kind === "mysql" ? `ANALYZE TABLE ${analyzed}` : `VACUUM ANALYZE ${analyzed}`;
  await server.administer(analyze, settings.dbname);
  return { dbname: settings.dbname, data };
}
