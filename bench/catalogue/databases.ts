import { Database } from "bun:sqlite";
import { copyFile, mkdir, readdir, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fillCatalogue, type CatalogueData } from "../../src/metadata/testing/catalogue-data.ts";
import type { DatabaseKind } from "../../test/support/database-servers.ts";
import type { BenchContext } from "../harness/bench.ts";
import { startModelBox } from "../harness/model-box-server.ts";

const migrations = join(import.meta.dir, "../../drizzle");
const databaseFile = "metadata.db";
const factsFile = "facts.json";

/**
 * Makes the data of a server in `folder` with so many versions, or takes it from the cache. The server makes the schema
 * itself; the rows are written straight into its file.
 */
export async function makeDatabase(
  context: BenchContext,
  folder: string,
  count: number,
): Promise<CatalogueData> {
  const cached =
    context.cacheFolder && join(context.cacheFolder, `catalogue-${await schemaHash("sqlite")}-${count}`);
  if (cached && (await exists(join(cached, factsFile)))) {
    context.log(`taking ${count} versions from ${cached}`);
    await copyDatabase(cached, folder);
  } else {
    const startedAt = performance.now();
    {
      await using _server = await startModelBox(context, folder);
    }
    const data = await fill(join(folder, databaseFile), count);
    await writeFile(join(folder, factsFile), JSON.stringify(data));
    context.log(`${count} versions written in ${((performance.now() - startedAt) / 1e3).toFixed(0)} s`);
    if (cached) await keep(folder, cached);
  }
  return JSON.parse(await readFile(join(folder, factsFile), "utf8")) as CatalogueData;
}

/** Tells databases of other schemas apart. */
export async function schemaHash(dialect: "sqlite" | DatabaseKind): Promise<string> {
  const hash = new Bun.CryptoHasher("sha256");
  const folder = join(migrations, dialect);
  for (const file of (await readdir(folder)).toSorted()) {
    if (file.endsWith(".sql")) hash.update(await readFile(join(folder, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

/** The indexes are made at the end: sorting once takes half the time of inserting in random places. */
async function fill(path: string, count: number): Promise<CatalogueData> {
  const indexes = withDatabase(path, (database) => {
    const all = database
      .query<{ name: string; sql: string }, []>(
        "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
      )
      .all();
    for (const { name } of all) database.run(`DROP INDEX "${name}"`);
    return all;
  });
  const data = await fillCatalogue(path, count);
  withDatabase(path, (database) => {
    database.run(addArtifacts);
    for (const { sql } of indexes) database.run(sql);
    database.run("PRAGMA wal_checkpoint(TRUNCATE)");
  });
  return data;
}

/** Every version has a default artifact, which may be empty. */
export const addArtifacts = `
  INSERT INTO artifacts
    (id, namespace_id, object_kind, object_id, name, file_set_id, file_count, size_bytes, created_at, fingerprint)
  SELECT id, namespace_id, 'version', id, 'default', id, 0, 0, created_at, '' FROM versions`;

function withDatabase<T>(path: string, work: (database: Database) => T): T {
  using database = new Database(path);
  database.run("PRAGMA synchronous = OFF");
  database.run("PRAGMA cache_size = -524288");
  return work(database);
}

async function keep(folder: string, cached: string): Promise<void> {
  const part = `${cached}.${process.pid}`;
  await copyDatabase(folder, part);
  await rename(part, cached);
}

/** After the checkpoint at its end everything is in the one file. */
async function copyDatabase(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const file of [databaseFile, factsFile]) await copyFile(join(from, file), join(to, file));
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
