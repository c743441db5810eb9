import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testMetadataStore } from "./conformance.ts";
import { Connection } from "./dialects/sqlite/connection.ts";
import { createLibsqlMetadataStore } from "./index.ts";

testMetadataStore({
  name: "libsql, in memory",
  create: async () => ({
    store: await createLibsqlMetadataStore({ path: ":memory:" }),
    leftovers: () => Promise.resolve([]),
  }),
  randomFilters: 60,
  skip: [],
});

testMetadataStore({
  name: "libsql, in a file",
  create: async () => {
    const parent = mkdtempSync(join(tmpdir(), "modelbox-metadata-"));
    const folder = join(parent, "data");
    const path = join(folder, "metadata.db");
    const statements = new Map<string, readonly unknown[]>();
    const onQuery = (sql: string, params: readonly unknown[]) => statements.set(sql, params);
    return {
      store: await createLibsqlMetadataStore({ path, onQuery }),
      async leftovers() {
        const files = readdirSync(folder).filter((name) => name !== "metadata.db" && name !== "lock.db");
        const open = openFilesBelow(parent);
        // The folder is free again: another store can have it.
        await using again = await createLibsqlMetadataStore({ path });
        await again.check();
        await again[Symbol.asyncDispose]();
        const scans = fullScans(path, statements);
        rmSync(parent, { recursive: true });
        return [...files, ...open, ...scans];
      },
    };
  },
  randomFilters: 15,
  skip: [],
});

/**
 * Steps of a plan that go through all rows of what is small (or of a subquery, of which plans have a step of its own),
 * through an index in its order up to a limit, or for a report, which has to see all of what is on its way out.
 */
const HARMLESS =
  /^SCAN (named|pairs|own|each_chunk|\d+ CONSTANT ROWS|chunk_totals|pending_files|namespace_storage|packs|condemned_chunks|doomed_objects|pending_encodings|pending_rebases|namespaces USING (COVERING )?INDEX)/;

/** Goes through a table in an order that it has, up to a limit, if its plan has no step to sort. */
const FIRST_PAGE = /^select ("\w+",? )+from "\w+" order by [^()]+ limit \?$/;

/** Statements that read a whole table, though it can be large. */
function fullScans(path: string, statements: ReadonlyMap<string, readonly unknown[]>): readonly string[] {
  using connection = new Connection({ path, pragmas: ["query_only = ON"] });
  return [...statements].flatMap(([sql, params]) => {
    const steps = connection.rows(`EXPLAIN QUERY PLAN ${sql}`, params).map((row) => String(row[3]));
    if (steps.length === 1 && FIRST_PAGE.test(sql)) return [];
    return steps
      .filter((step) => step.startsWith("SCAN ") && !HARMLESS.test(step))
      .map((step) => `${step}: ${sql.slice(0, 500)}`);
  });
}

/** Files below a folder that this process has open; empty where the system does not tell. */
function openFilesBelow(folder: string): readonly string[] {
  try {
    return readdirSync("/proc/self/fd").flatMap((name) => {
      try {
        const target = readlinkSync(`/proc/self/fd/${name}`);
        return target.startsWith(folder) ? [target] : [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
