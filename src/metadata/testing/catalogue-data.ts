/**
 * Fills a database with versions, labels, metrics and tags in the proportions that docs/query-catalogue.md measures.
 * Used by the catalogue's test with few versions, and by the bench with many.
 */
import { getTableName } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { newId } from "../../domain/ids.ts";
import { Connection } from "../dialects/sqlite/connection.ts";
import { sqliteDialect } from "../dialects/sqlite/dialect.ts";
import { sqliteTables } from "../dialects/sqlite/schema.ts";
import { labelKey, metricKey } from "../list/match-key.ts";
import { storeValue } from "../repositories/metric-values.ts";
import { insertRows } from "../repositories/queries.ts";
import { Session } from "../session.ts";
import type { Tables } from "../tables.ts";

/** Versions that one transaction writes. */
const VERSIONS_PER_COMMIT = 4096;
/** One model in so many versions has a version of its own that is tagged. */
const VERSIONS_PER_TAGGED_MODEL = 20;
/** The first version is from then; each later one is a second younger. */
const FIRST_CREATED_AT = Date.UTC(2026, 0, 1) * 1000;
const MICROS_BETWEEN = 1_000_000;

/** What was made. */
export interface CatalogueData {
  readonly namespaceId: string;
  /** The model that has the versions. */
  readonly modelId: string;
  readonly count: number;
  /** Creation time of the version in the middle, microseconds. */
  readonly middle: number;
}

/** A database to fill. */
export interface CatalogueTarget {
  readonly tables: Tables;
  readonly insert: (table: SQLiteTable, rows: CatalogueRows) => Promise<unknown>;
  readonly exec: (sql: string) => void | Promise<void>;
}

/** Rows of one table, all with the same fields. */
export type CatalogueRows = readonly Readonly<Record<string, unknown>>[];

/** A target that inserts by statements, as the server does. */
export function statementTarget(session: Session, exec: CatalogueTarget["exec"]): CatalogueTarget {
  const insert: CatalogueTarget["insert"] = (table, rows) =>
    insertRows(session, `catalogue.${getTableName(table)}`, table, rows);
  return { tables: session.tables, insert, exec };
}

/** Fills an SQLite database that has the schema and that nobody else uses. */
export async function fillCatalogue(path: string, count: number): Promise<CatalogueData> {
  const pragmas = ["synchronous = OFF", "cache_size = -524288", "foreign_keys = OFF", "busy_timeout = 5000"];
  using connection = new Connection({ path, pragmas });
  const { builder, prepared } = connection;
  const session = new Session({ builder, prepared, tables: sqliteTables, dialect: sqliteDialect });
  const data = await fillTarget(
    statementTarget(session, (sql) => connection.exec(sql)),
    count,
  );
  connection.rows("PRAGMA wal_checkpoint(TRUNCATE)");
  return data;
}

/**
 * Writes `count` versions of one model into a database that has the schema and that nobody else uses: 10% of them have
 * the label env = "prod", one in 20 is of team = "team-7" and one in 17 a release, each has a number of its own; the
 * metric "loss" is spread evenly over 0 to 1. Besides, there is a model for each 20 whose only version has the tag
 * "production". So each shape of the catalogue fills a page already with 1,000 versions, unless it asks for few.
 */
export async function fillTarget(target: CatalogueTarget, count: number): Promise<CatalogueData> {
  const { namespaces, models } = target.tables;
  const namespaceId = newId();
  const modelId = newId();
  await target.exec("BEGIN");
  const common = { owner: "bench@example.com", description: "", ...versioned(FIRST_CREATED_AT) };
  await target.insert(namespaces, [{ id: namespaceId, name: "bench", ...common }]);
  const model = { namespaceId, task: "bench", latestVersion: String(count), lastNumber: count, ...common };
  await target.insert(models, [{ ...model, id: modelId, name: "big" }]);
  for (let begin = 0; begin < count; begin += VERSIONS_PER_COMMIT) {
    const numbers = Array.from(
      { length: Math.min(VERSIONS_PER_COMMIT, count - begin) },
      (_, index) => begin + index,
    );
    await writeVersions(target, namespaceId, modelId, numbers);
    await writeTaggedModels(
      target,
      model,
      numbers.filter((number) => number % VERSIONS_PER_TAGGED_MODEL === 0),
    );
    await target.exec("COMMIT");
    await target.exec("BEGIN");
  }
  await target.exec("COMMIT");
  return { namespaceId, modelId, count, middle: createdAt(Math.floor(count / 2)) };
}

async function writeVersions(
  { tables, insert }: CatalogueTarget,
  namespaceId: string,
  modelId: string,
  numbers: readonly number[],
): Promise<void> {
  const { versions, labels, metricSeries, metricPoints } = tables;
  const rows = numbers.map((number) => versionRow(namespaceId, modelId, number));
  await insert(versions, rows);
  const owner = (row: ReturnType<typeof versionRow>) => ({
    objectId: row.id,
    kind: "version",
    namespaceId,
    parentId: modelId,
    objectCreatedAt: row.createdAt,
  });
  const labelled = rows.flatMap((row) =>
    Object.entries(labelsOf(Number(row.version) - 1)).map(([key, value]) => ({
      ...owner(row),
      key,
      valueType: typeof value === "string" ? "text" : typeof value,
      value: String(value),
      matchKey: labelKey(value),
    })),
  );
  await insert(labels, labelled);
  const points = rows.map((row) => {
    const loss = lossOf(Number(row.version) - 1);
    return {
      id: Number(row.version),
      row,
      step: 1000n,
      wallTime: row.createdAt,
      ...storeValue(loss),
      matchKey: metricKey(loss),
    };
  });
  const series = points.map(({ row, ...point }) => ({ ...point, ...owner(row), key: "loss" }));
  await insert(metricSeries, series);
  const values = points.map(({ row: _row, id, matchKey: _matchKey, ...point }) => ({
    ...point,
    seriesId: id,
  }));
  await insert(metricPoints, values);
}

async function writeTaggedModels(
  { tables, insert }: CatalogueTarget,
  model: { readonly namespaceId: string },
  numbers: readonly number[],
): Promise<void> {
  const { namespaceId } = model;
  const rows = numbers.map((number) => {
    const id = newId();
    const version = { ...versionRow(namespaceId, id, 0), createdAt: createdAt(number) };
    const assignment = {
      id: newId(),
      namespaceId,
      modelId: id,
      tag: "production",
      currentTag: "production",
      versionId: version.id,
      version: version.version,
      versionCreatedAt: version.createdAt,
      actor: "bench",
      setAt: version.createdAt,
      unsetAt: null,
    };
    return { model: { ...model, id, name: `tagged-${number}` }, version, assignment };
  });
  if (rows.length === 0) return;
  await insert(
    tables.models,
    rows.map((row) => row.model),
  );
  await insert(
    tables.versions,
    rows.map((row) => row.version),
  );
  await insert(
    tables.tagAssignments,
    rows.map((row) => row.assignment),
  );
}

function versionRow(namespaceId: string, modelId: string, number: number) {
  const version = String(number + 1);
  return {
    id: newId(),
    namespaceId,
    modelId,
    version,
    name: `Version ${version}`,
    description: number % 7 === 0 ? "nightly run" : "by hand",
    framework: number % 3 === 0 ? "pytorch" : "jax",
    checkpointId: "",
    experimentId: "",
    ...versioned(createdAt(number)),
  };
}

function labelsOf(number: number): Record<string, string | number | boolean> {
  return {
    env: number % 10 === 0 ? "prod" : number % 10 < 4 ? "staging" : "dev",
    team: `team-${number % 20}`,
    seed: number,
    release: number % 17 === 0,
  };
}

/** Spread evenly and without order over the versions: the fractions of multiples of the golden ratio. */
function lossOf(number: number): number {
  return (number * 0.618_033_988_749_895) % 1;
}

function createdAt(number: number): number {
  return FIRST_CREATED_AT + number * MICROS_BETWEEN;
}

function versioned(time: number) {
  return { revision: 1, createdAt: time, updatedAt: time, fingerprint: "" };
}
