import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { sharedDatabaseServer } from "../../../../test/support/database-servers.ts";
import type { DatabaseKind } from "../../../../test/support/database-servers.ts";
import { startTcpProxy } from "../../../../test/support/database-proxy.ts";
import { migrations } from "../../../embed/migrations.ts";
import type { EmbeddedMigration } from "../../../embed/migrations.ts";
import { fails } from "../../conformance/define.ts";
import { aWorld } from "../../conformance/fixtures.ts";
import { createRemoteMetadataStore, remoteMigrationStatus } from "../../index.ts";
import type { DatabaseSettings } from "../../index.ts";
import { statementsOf } from "../../migrate.ts";
import { filesBeforeQuotas, sumsAfterQuotas } from "../../testing/files-before-quotas.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";

for (const kind of ["mysql", "postgres"] as const) {
  const released: readonly EmbeddedMigration[] = migrations[kind];
  const column = kind === "mysql" ? "varchar(20)" : "text";
  const newer: EmbeddedMigration = {
    index: released.length,
    tag: "9999_from_the_future",
    createdAtMs: 1,
    breakpoints: true,
    sql: [
      `ALTER TABLE namespaces ADD COLUMN color ${column}`,
      `CREATE TABLE colors (name ${column})`,
      "CREATE INDEX colors_name ON colors (name)",
    ].join(";--> statement-breakpoint\n"),
  };
  const open = (settings: DatabaseSettings, available = released, version = "1.0.0") =>
    createRemoteMetadataStore({ kind, settings, migrations: available, version });

  describe(`migrations: ${kind}`, () => {
    test("both sides are told before and after", async () => {
      await using database = await aDatabase(kind);
      const { settings } = database;
      const tags = released.map((migration) => migration.tag);
      const before = await remoteMigrationStatus({ kind, settings });
      expect(before).toMatchObject({ exists: false, applied: [], pending: tags, unknown: [] });
      expect(before.database).toContain(settings.dbname);
      expect(before.database).not.toContain(settings.password);
      await using store = await open(settings);
      await store.check();
      const status = await remoteMigrationStatus({ kind, settings });
      expect(status).toMatchObject({ exists: true, pending: [], unknown: [] });
      expect(status.applied.map((migration) => migration.tag)).toEqual(tags);
    });

    test("an upgrade keeps what is there, and an older executable is refused afterwards", async () => {
      await using database = await aDatabase(kind);
      const { settings } = database;
      await using store = await open(settings);
      const { namespace } = await aWorld(store);
      await using _upgraded = await open(settings, [...released, newer], "7.1.0");
      expect(await database.administer(`SELECT name FROM namespaces WHERE color IS NULL`)).toBe(
        namespace.name,
      );
      const error = await fails(open(settings), "failed_precondition");
      expect(error.reason).toBe("DATABASE_NEWER");
      for (const part of [settings.dbname, "7.1.0", newer.tag, "1.0.0"])
        expect(error.message).toContain(part);
      expect((await remoteMigrationStatus({ kind, settings })).unknown).toEqual([newer.tag]);
    });

    test("files that are there count when quotas come", async () => {
      await using database = await aDatabase(kind);
      const before = released.filter((migration) => migration.tag < "0003");
      await (await open(database.settings, before))[Symbol.asyncDispose]();
      const bytes = (hex: string) => (kind === "mysql" ? `x'${hex}'` : `'\\x${hex}'::bytea`);
      const rows = filesBeforeQuotas.map(
        ([id, space, size, uri]) =>
          `(${bytes(id)}, ${bytes("01")}, ${bytes(space)}, '${id}', ${size}, 'verified', '${uri}')`,
      );
      await database.administer(
        `INSERT INTO files (id, file_set_id, namespace_id, path, size_bytes, digest_state, uri) VALUES ${rows.join(", ")}`,
      );
      await (await open(database.settings))[Symbol.asyncDispose]();
      const hex = kind === "mysql" ? "hex(namespace_id)" : "upper(encode(namespace_id, 'hex'))";
      const sums = await database.administer(
        `SELECT concat_ws(' ', ${hex}, file_count, file_bytes) FROM namespace_storage ORDER BY 1`,
      );
      expect(sums.split("\n").map((line) => line.split(" "))).toEqual(sumsAfterQuotas);
    });

    test("one that was cut off in any of its statements is finished by the next start", async () => {
      for (const statement of statementsOf(newer)) {
        await using database = await aDatabase(kind);
        const { settings, server } = database;
        await using proxy = await startTcpProxy(server.port);
        await (await open(settings))[Symbol.asyncDispose]();
        // The database has done it, and nobody has heard.
        proxy.cutAfter(statement.slice(0, 25));
        await fails(open({ ...settings, port: proxy.port }, [...released, newer]), "unavailable");
        await using store = await open(settings, [...released, newer], "7.1.0");
        await store.check();
        const status = await remoteMigrationStatus({ kind, settings, migrations: [...released, newer] });
        expect([statement, status.pending]).toEqual([statement, []]);
        await database.administer("INSERT INTO colors (name) VALUES ('red')");
      }
    });

    test("one that fails says which statement, keeps the data, and goes on once the cause is gone", async () => {
      await using database = await aDatabase(kind);
      const { settings } = database;
      const store = await open(settings);
      const { namespace } = await aWorld(store);
      await store[Symbol.asyncDispose]();
      await database.administer("CREATE TABLE colors (name varchar(20))");
      const error = await open(settings, [...released, newer]).catch((thrown: unknown) => thrown);
      expect(String(error)).toContain("colors");
      if (kind === "mysql") {
        expect(String(error)).toContain("Statement 2 of 3");
        // An older executable must not use a schema that is half of a newer one.
        expect((await fails(open(settings), "failed_precondition")).reason).toBe("DATABASE_NEWER");
      }
      await database.administer("DROP TABLE colors");
      await using again = await open(settings, [...released, newer]);
      expect(await again.read((tx) => tx.namespaces.get(namespace.id))).toEqual(namespace);
    });

    test("a database of another program and an edited history are refused", async () => {
      await using database = await aDatabase(kind);
      await database.administer("CREATE TABLE recipes (name varchar(20))");
      const foreign = await fails(open(database.settings), "failed_precondition");
      expect(foreign.message).toContain("recipes");
      await using edited = await aDatabase(kind);
      await (
        await open(
          edited.settings,
          released.map((migration) => ({ ...migration, sql: `${migration.sql}\n-- edited` })),
        )
      )[Symbol.asyncDispose]();
      expect((await fails(open(edited.settings), "failed_precondition")).reason).toBe("DATABASE_DIFFERS");
    });

    test("settings that don't fit are named", async () => {
      await using database = await aDatabase(kind);
      const { settings, server } = database;
      using folder = temporaryFolder();
      const missing = join(folder.path, "ca.pem");
      const cases: readonly (readonly [key: string, wrong: Partial<DatabaseSettings>, says: string])[] = [
        ["password", { password: "wrong" }, settings.username],
        ["dbname", { dbname: "modelbox_nowhere" }, "CREATE DATABASE"],
        ["tls", { tls: "verify" }, "tls_ca_file"],
        ["tls_ca_file", { tls: "verify", tlsCaFile: missing }, missing],
      ];
      for (const [key, wrong, says] of cases) {
        const error = await fails(open({ ...settings, ...wrong }), "failed_precondition");
        expect([key, error.reason, error.metadata["key"]]).toEqual([key, "DATABASE_SETTINGS", key]);
        expect(error.message).toContain(says);
      }
      await fails(open({ ...settings, port: 1 }), "unavailable");
      for (const tls of ["on", "verify"] as const) {
        await using store = await open({
          ...settings,
          tls,
          tlsCaFile: tls === "verify" ? server.caFile : "",
        });
        await store.check();
      }
    });

    test("a user who may only read is refused at start", async () => {
      await using database = await aDatabase(kind);
      const { settings, server } = database;
      await (await open(settings))[Symbol.asyncDispose]();
      const reader = `modelbox_reader_${settings.dbname.split("_")[1] ?? ""}`;
      await server.administer(
        kind === "mysql"
          ? `CREATE USER ${reader}@'%' IDENTIFIED BY 'x'; GRANT SELECT ON \`${settings.dbname}\`.* TO ${reader}@'%'`
          : `CREATE ROLE ${reader} LOGIN PASSWORD 'x'`,
      );
      if (kind === "postgres") {
        await database.administer(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${reader}`);
      }
      const error = await fails(
        open({ ...settings, username: reader, password: "x" }),
        "failed_precondition",
      );
      expect(error.reason).toBe("DATABASE_RIGHTS");
      expect(error.message).toContain(reader);
      if (kind === "postgres") await server.administer(`DROP OWNED BY ${reader}`, settings.dbname);
      await server.administer(kind === "mysql" ? `DROP USER ${reader}@'%'` : `DROP ROLE ${reader}`);
    });
  });
}

/** An empty database. */
async function aDatabase(kind: DatabaseKind) {
  const server = await sharedDatabaseServer(kind);
  const settings = await server.newDatabase();
  const administer = (sql: string) => server.administer(sql, settings.dbname);
  return {
    server,
    settings,
    administer: async (sql: string) => {
      // Tables belong to who makes them.
      if (kind === "postgres") return await administer(`SET ROLE modelbox; ${sql}`);
      return await administer(sql);
    },
    async [Symbol.asyncDispose]() {
      await server.dropDatabase(settings.dbname);
    },
  };
}
