import { afterAll } from "bun:test";
import { sharedDatabaseServer } from "../../test/support/database-servers.ts";
import type { DatabaseKind, DatabaseServer } from "../../test/support/database-servers.ts";
import { testMetadataStore } from "./conformance.ts";
import type { DatabaseSettings } from "./index.ts";
import { createRemoteMetadataStore } from "./index.ts";
import { emptyTables } from "./testing/empty-tables.ts";

/** How long a server may take to notice that a connection was closed. */
const CLOSE_LIMIT_MS = 5_000;

for (const [kind, name] of [
  ["mysql", "MariaDB"],
  ["postgres", "PostgreSQL"],
] as const) {
  // To make the schema takes far longer than a test: one test after another uses the same database.
  let database: DatabaseSettings | undefined;
  testMetadataStore({
    name,
    create: async () => {
      const server = await sharedDatabaseServer(kind);
      const settings = (database ??= await server.newDatabase());
      return {
        store: await createRemoteMetadataStore({ kind, settings }),
        async leftovers() {
          const connections = await connectionsLeft(server, settings.dbname);
          await emptyTables(server, settings.dbname);
          return connections === "" ? [] : connections.split("\n");
        },
      };
    },
    randomFilters: 15,
    skip: [],
  });
  afterAll(async () => {
    if (database !== undefined) await (await sharedDatabaseServer(kind)).dropDatabase(database.dbname);
  });
}

/** A store that is closed has no connection left, and no transaction, once the server has seen its last words. */
async function connectionsLeft(server: DatabaseServer, dbname: string): Promise<string> {
  const end = performance.now() + CLOSE_LIMIT_MS;
  for (;;) {
    const connections = await server.administer(connectionsOf(server.kind, dbname));
    if (connections === "" || performance.now() > end) return connections;
    await Bun.sleep(5);
  }
}

function connectionsOf(kind: DatabaseKind, dbname: string): string {
  return kind === "mysql"
    ? `SELECT id, command, info FROM information_schema.processlist WHERE db = '${dbname}'`
    : `SELECT pid, state, query FROM pg_stat_activity WHERE datname = '${dbname}'`;
}
