import { describe, expect, test } from "bun:test";
import { sharedDatabaseServer } from "../../../test/support/database-servers.ts";
import type { DatabaseKind } from "../../../test/support/database-servers.ts";
import type { ListCursor } from "../../domain/metadata-store.ts";
import { mysqlDriver } from "../dialects/mysql/driver.ts";
import { postgresDriver } from "../dialects/postgres/driver.ts";
import { createRemoteMetadataStore } from "../index.ts";
import { Session } from "../session.ts";
import { numberKey } from "./match-key.ts";
import { fillTarget, statementTarget } from "../testing/catalogue-data.ts";
import { catalogueShapes, indexOfShape, shapeQuery } from "../testing/catalogue-shapes.ts";

/** Enough rows for a database to prefer an index to a table. */
const COUNT = 20_000;
const PAGES = 3;
/** Rows that one statement may look at, by the database's own estimate: more would be the whole scope. */
const MAX_SORTED_ROWS = 1024;

interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

for (const kind of ["mysql", "postgres"] as const) {
  describe(`the query catalogue: ${kind}`, () => {
    test("every shape goes by indexes, and sorts nothing that is large", async () => {
      await using subject = await aCatalogue(kind);
      const { store, connection, data, statements } = subject;
      const bad: string[] = [];
      for (const shape of catalogueShapes) {
        const query = shapeQuery(shape, data, 10);
        statements.length = 0;
        let after: ListCursor | undefined;
        for (let page = 0; page < PAGES; page += 1) {
          const found = await store.read((tx) => tx.versions.list({ ...query, after }));
          expect([shape.name, found.incomplete]).toEqual([shape.name, false]);
          after = found.next;
          if (after === undefined) break;
        }
        const plans: string[] = [];
        for (const statement of statements) {
          const rows = await connection.rows(`EXPLAIN ${statement.sql}`, statement.params);
          plans.push(...rows.map((row) => row.join(" ")));
          const steps = slowSteps(kind, rows);
          bad.push(...steps.map((step) => `${shape.scope}: ${shape.name}: ${step}: ${statement.sql}`));
        }
        // At most one version of a model has a tag: the database may know that there is none, or take another index.
        const one = shape.name === "tag" && shape.scope === "parent";
        const index = one ? "tag_assignments_\\w+|Impossible WHERE" : indexOfShape(shape);
        const plan = `${shape.scope}: ${shape.name}: ${plans.join("\n")}`;
        expect(plan).toMatch(new RegExp(`\\b(${index})\\b`));
      }
      expect([...new Set(bad)]).toEqual([]);
    }, 120_000);

    test("a page in the middle begins in the index where the one before it ended", async () => {
      await using subject = await aCatalogue(kind);
      const { store, connection, data, statements } = subject;
      for (const [name, value, column] of [
        ["newest first", data.middle, "created_at"],
        ["recently updated", data.middle, "updated_at"],
        ["created after, oldest first", data.middle, "created_at"],
        ["label is text, frequent", data.middle, "object_created_at"],
        ["best metric first", numberKey(0.5), "match_key"],
        ["worst metric first", numberKey(0.5), "match_key"],
      ] as const) {
        for (const shape of catalogueShapes.filter((one) => one.name === name)) {
          statements.length = 0;
          const after = { value, id: data.modelId };
          const page = await store.read((tx) => tx.versions.list({ ...shapeQuery(shape, data, 10), after }));
          expect(page.items).toHaveLength(10);
          const [statement] = statements;
          const rows = await connection.rows(`EXPLAIN ${statement?.sql}`, statement?.params);
          const plan = `${shape.scope}: ${name}: ${rows.map((row) => row.join(" ")).join("\n")}`;
          // Not "ref", which would pass over all rows before it.
          if (kind === "mysql") expect(plan).toMatch(new RegExp(`\\brange .* ${indexOfShape(shape)}\\b`));
          else expect(plan).toMatch(new RegExp(`Index Cond: .*\\b${column} [<>]=`));
        }
      }
    }, 120_000);
  });
}

/** What of a plan takes as long as the table is large. */
function slowSteps(kind: DatabaseKind, rows: readonly (readonly unknown[])[]): readonly string[] {
  if (kind === "mysql") {
    // The table "derived" is the inner query of a count, which has a limit.
    return rows
      .filter(([, , table, type, , , , , count, extra]) => {
        const scans = type === "ALL" && !String(table).startsWith("<derived");
        const sorts = /filesort|temporary/.test(String(extra)) && Number(count) > MAX_SORTED_ROWS;
        return scans || sorts;
      })
      .map((row) => row.join(" "));
  }
  const lines = rows.map(([line]) => String(line));
  return lines.filter((line, index) => {
    if (/Seq Scan|Hash Join|Merge Join|Bitmap/.test(line)) return true;
    const below = lines.slice(index + 1).find((one) => one.includes("rows="));
    return /\bSort  /.test(line) && Number(/rows=(\d+)/.exec(below ?? line)?.[1]) > MAX_SORTED_ROWS;
  });
}

async function aCatalogue(kind: DatabaseKind) {
  const server = await sharedDatabaseServer(kind);
  const settings = await server.newDatabase();
  const statements: Statement[] = [];
  const store = await createRemoteMetadataStore({
    kind,
    settings,
    onQuery: (sql, params) => statements.push({ sql, params }),
  });
  const driver = kind === "mysql" ? mysqlDriver(settings) : postgresDriver(settings);
  const connection = await driver.open();
  const { builder, prepared } = connection;
  const session = new Session({ builder, prepared, tables: driver.tables, dialect: driver.dialect });
  const data = await fillTarget(
    statementTarget(session, (sql) => connection.exec(sql)),
    COUNT,
  );
  const tables = "versions, labels, metric_series, tag_assignments, models";
  await server.administer(
    kind === "mysql" ? `ANALYZE TABLE ${tables}` : `VACUUM ANALYZE ${tables}`,
    settings.dbname,
  );
  return {
    store,
    connection,
    data,
    statements,
    async [Symbol.asyncDispose]() {
      await connection.close();
      await store[Symbol.asyncDispose]();
      await server.dropDatabase(settings.dbname);
    },
  };
}
