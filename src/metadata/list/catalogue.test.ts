import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { parseFilter } from "../../domain/filter-parser.ts";
import type { ListCursor, MetadataStore } from "../../domain/metadata-store.ts";
import { Connection } from "../dialects/sqlite/connection.ts";
import type { QueryListener } from "../dialects/sqlite/connection.ts";
import { createLibsqlMetadataStore } from "../index.ts";
import type { ScanBudget } from "../session.ts";
import { fillCatalogue } from "../testing/catalogue-data.ts";
import type { CatalogueData } from "../testing/catalogue-data.ts";
import { catalogueShapes, indexOfShape, shapeQuery } from "../testing/catalogue-shapes.ts";
import { temporaryFolder } from "../testing/temporary-folder.ts";

const COUNT = 1000;

interface Statement {
  readonly sql: string;
  readonly params: readonly unknown[];
}

describe("the query catalogue", () => {
  test("every shape is served by its index, on the first page and on later ones", async () => {
    await using subject = await aCatalogue();
    const { store, connection, data, statements } = subject;
    for (const shape of catalogueShapes) {
      const name = `${shape.scope}: ${shape.name}`;
      const query = shapeQuery(shape, data, 10);
      let after: ListCursor | undefined;
      for (let page = 0; page < 3; page += 1) {
        statements.length = 0;
        const found = await store.read((tx) => tx.versions.list({ ...query, after }));
        const plans = statements.map((statement) => planOf(connection, statement));
        // Every statement goes by indexes, and none sorts.
        const slow = plans.flat().filter((step) => /^SCAN (?!named)|TEMP B-TREE|AUTOMATIC/.test(step));
        expect([name, slow]).toEqual([name, []]);
        const expected = indexOfShape(shape);
        const used = plans.flat().join("\n");
        expect(`${name}, page ${page}: ${used}`).toMatch(new RegExp(`INDEX ${expected}\\b`));
        expect(found.incomplete).toBe(false);
        after = found.next;
        if (after === undefined) break;
      }
    }
  });

  test("a later page begins in the index where the one before it ended", async () => {
    await using subject = await aCatalogue();
    const { store, connection, data, statements } = subject;
    for (const [name, bound] of [
      ["newest first", "(model_id=? AND created_at<?)"],
      ["created after, oldest first", "(model_id=? AND created_at>?)"],
      [
        "label is text, frequent",
        "(parent_id=? AND kind=? AND key=? AND match_key=? AND object_created_at<?)",
      ],
      ["worst metric first", "(parent_id=? AND kind=? AND key=? AND match_key>? AND match_key<?)"],
    ] as const) {
      const shape = catalogueShapes.find((one) => one.name === name && one.scope === "parent")!;
      const query = shapeQuery(shape, data, 10);
      const first = await store.read((tx) => tx.versions.list(query));
      statements.length = 0;
      await store.read((tx) => tx.versions.list({ ...query, after: first.next }));
      const steps = statements.flatMap((statement) => planOf(connection, statement)).join("\n");
      expect(`${name}: ${steps}`).toContain(bound);
    }
  });

  test("a shape that no index serves ends within its budget, and goes on from there", async () => {
    await using subject = await aCatalogue({ rows: 300, milliseconds: 60_000 });
    const { store, data } = subject;
    const filter = parseFilter('description LIKE "%run" AND NOT framework = "pytorch" AND name ILIKE "%9"');
    const query = {
      scope: { type: "parent", id: data.modelId },
      filter,
      orderBy: { field: "version", descending: false },
      limit: 60,
    } as const;
    const found: string[] = [];
    let pages = 0;
    let incomplete = 0;
    let after: ListCursor | undefined;
    do {
      const page = await store.read((tx) => tx.versions.list({ ...query, after }));
      found.push(...page.items.map((item) => item.version));
      pages += 1;
      if (page.incomplete) {
        incomplete += 1;
        expect(page.items.length).toBeLessThan(60);
        expect(page.next).toBeDefined();
      }
      after = page.next;
    } while (after !== undefined);
    expect(incomplete).toBeGreaterThan(0);
    expect(pages).toBeLessThan(8);
    const all = Array.from({ length: COUNT }, (_, index) => index);
    const matching = all.filter((index) => index % 7 === 0 && index % 3 !== 0 && (index + 1) % 10 === 9);
    expect(found).toEqual(matching.map((index) => String(index + 1)).toSorted());
  });

  test("a call whose rows are slow ends in time, and loses none", async () => {
    let now = 0;
    const slowRows = (sql: string, params: readonly unknown[]): void => {
      const looked = sql.includes("offset ?")
        ? Number(params.at(-1)) + 1
        : /"description".* in \(/.test(sql)
          ? new Set(params.map((param) => JSON.stringify(param))).size
          : 0;
      now += looked * (now % 3_000 < 500 ? 1 : 2);
    };
    await using subject = await aCatalogue(
      { rows: 1_000_000, milliseconds: 1_000, now: () => now },
      slowRows,
    );
    const { store, data } = subject;
    const all = Array.from({ length: COUNT }, (_, index) => index);
    for (const [text, matching] of [
      ['description LIKE "%night%"', all.filter((index) => index % 7 === 0)],
      // An index names more than half of all rows for it; they are sorted, then looked at.
      ['labels.env = "dev" AND name LIKE "%7"', all.filter((index) => index % 10 === 6)],
    ] as const) {
      const query = {
        scope: { type: "parent", id: data.modelId },
        filter: parseFilter(text),
        orderBy: { field: "version", descending: false },
        limit: 400,
      } as const;
      const found: string[] = [];
      let incomplete = 0;
      let after: ListCursor | undefined;
      do {
        const begin = now;
        const page = await store.read((tx) => tx.versions.list({ ...query, after }));
        expect(now - begin).toBeLessThanOrEqual(1_000);
        found.push(...page.items.map((item) => item.version));
        if (page.incomplete) incomplete += 1;
        after = page.next;
      } while (after !== undefined);
      expect(incomplete).toBeGreaterThan(0);
      expect(found).toEqual(matching.map((index) => String(index + 1)).toSorted());
    }
  });

  test("a budget of time that is spent ends a page as well", async () => {
    await using subject = await aCatalogue({ rows: 1_000_000, milliseconds: 0 });
    const { store, data } = subject;
    const page = await store.read((tx) =>
      tx.versions.list({
        scope: { type: "namespace", id: data.namespaceId },
        filter: parseFilter('description = "nothing"'),
        orderBy: { field: "created_at", descending: true },
        limit: 5,
      }),
    );
    expect(page).toMatchObject({ items: [], incomplete: true });
    expect(page.next).toBeDefined();
  });
});

async function aCatalogue(scanBudget?: ScanBudget, listener?: QueryListener) {
  const folder = temporaryFolder();
  const path = join(folder.path, "metadata.db");
  const statements: Statement[] = [];
  const onQuery: QueryListener = (sql, params, seconds) => {
    statements.push({ sql, params });
    listener?.(sql, params, seconds);
  };
  const store: MetadataStore = await createLibsqlMetadataStore({ path, onQuery, scanBudget });
  const data: CatalogueData = await fillCatalogue(path, COUNT);
  const connection = new Connection({ path, pragmas: ["query_only = ON"] });
  return {
    store,
    data,
    connection,
    statements,
    async [Symbol.asyncDispose]() {
      connection[Symbol.dispose]();
      await store[Symbol.asyncDispose]();
      folder[Symbol.dispose]();
    },
  };
}

function planOf(connection: Connection, { sql, params }: Statement): readonly string[] {
  return connection.rows(`EXPLAIN QUERY PLAN ${sql}`, params).map((row) => String(row[3]));
}
