import { describe, expect, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { migrations } from "../../../embed/migrations.ts";
import type { EmbeddedMigration } from "../../../embed/migrations.ts";
import { fails } from "../../conformance/define.ts";
import { aWorld } from "../../conformance/fixtures.ts";
import { createLibsqlMetadataStore, migrationStatus } from "../../index.ts";
import { filesBeforeQuotas, sumsAfterQuotas } from "../../testing/files-before-quotas.ts";
import { temporaryFolder } from "../../testing/temporary-folder.ts";
import { Connection } from "./connection.ts";
import { migrateSqlite } from "./migrations.ts";

const released = migrations.sqlite;
const newer: EmbeddedMigration = {
  index: released.length,
  tag: "9999_from_the_future",
  createdAtMs: 1,
  breakpoints: true,
  sql: "ALTER TABLE namespaces ADD COLUMN color text;--> statement-breakpoint\nCREATE TABLE colors (name text)",
};

describe("migrations", () => {
  test("both sides are told before and after", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "metadata.db");
    const tags = released.map((migration) => migration.tag);
    expect(migrationStatus(path)).toMatchObject({ exists: false, applied: [], pending: tags, unknown: [] });
    expect(existsSync(path)).toBe(false);
    await using store = await createLibsqlMetadataStore({ path });
    await store.check();
    // Also while a server uses it.
    const status = migrationStatus(path);
    expect(status).toMatchObject({ exists: true, pending: [], unknown: [] });
    expect(status.applied.map((migration) => migration.tag)).toEqual(tags);
  });

  test("an upgrade keeps what is there", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "metadata.db");
    const world = await worldIn(path);
    migrate(path, [...released, newer]);
    using connection = new Connection({ path, pragmas: [] });
    expect(connection.rows("SELECT name, color FROM namespaces")).toEqual([[world.namespace.name, null]]);
    expect(migrate(path, [...released, newer])).toEqual([]);
  });

  test("files that are there count when quotas come", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "metadata.db");
    const before = released.filter((migration) => migration.tag < "0003");
    migrate(path, before);
    using connection = new Connection({ path, pragmas: [] });
    for (const [id, space, bytes, uri] of filesBeforeQuotas)
      connection.exec(
        "INSERT INTO files (id, file_set_id, namespace_id, path, size_bytes, digest_state, uri) " +
          `VALUES (x'${id}', x'01', x'${space}', '${id}', ${bytes}, 'verified', '${uri}')`,
      );
    migrate(path, released);
    const sums = connection.rows(
      "SELECT hex(namespace_id), file_count, file_bytes FROM namespace_storage ORDER BY 1",
    );
    expect(sums.map((row) => row.map(String))).toEqual(sumsAfterQuotas);
  });

  test("a database that a newer version made is refused, and both versions are named", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "metadata.db");
    await worldIn(path);
    migrate(path, [...released, newer], "7.1.0");
    const error = await fails(createLibsqlMetadataStore({ path }), "failed_precondition");
    expect(error.reason).toBe("DATABASE_NEWER");
    for (const part of [path, "7.1.0", newer.tag, "0.0.0-source", released.at(-1)?.tag ?? ""]) {
      expect(error.message).toContain(part);
    }
    expect(migrationStatus(path)).toMatchObject({ pending: [], unknown: [newer.tag] });
  });

  test("a migration that fails leaves the database as it was, and can be run again", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "metadata.db");
    const world = await worldIn(path);
    const broken = { ...newer, sql: `${newer.sql};--> statement-breakpoint\nthis is no SQL` };
    expect(() => migrate(path, [...released, broken])).toThrow("syntax error");
    expect(migrationStatus(path).unknown).toEqual([]);
    await using store = await createLibsqlMetadataStore({ path });
    expect(await store.read((tx) => tx.namespaces.get(world.namespace.id))).toEqual(world.namespace);
    await store[Symbol.asyncDispose]();
    expect(migrate(path, [...released, newer])).toEqual([newer.tag]);
  });

  test("one that was killed half way is done by the next start", async () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "metadata.db");
    const child = Bun.spawn(
      [process.execPath, fileURLToPath(new URL("../../testing/half-migration.ts", import.meta.url)), path],
      {
        stderr: "inherit",
      },
    );
    await child.exited;
    expect(child.signalCode).toBe("SIGKILL");
    expect(existsSync(path)).toBe(true);
    await worldIn(path);
    expect(migrationStatus(path).pending).toEqual([]);
  });

  test("a database of another program, a text file and an edited history are refused", async () => {
    using folder = temporaryFolder();
    const foreign = join(folder.path, "foreign.db");
    using connection = new Connection({ path: foreign, pragmas: [] });
    connection.exec("CREATE TABLE recipes (name text)");
    connection[Symbol.dispose]();
    const error = await fails(createLibsqlMetadataStore({ path: foreign }), "failed_precondition");
    expect(error.message).toContain("recipes");

    const text = join(folder.path, "text.db");
    await Bun.write(text, "this is no database, ".repeat(500));
    const damaged = await fails(createLibsqlMetadataStore({ path: text }), "data_loss");
    expect(damaged.message).toContain(text);

    const edited = join(folder.path, "edited.db");
    migrate(
      edited,
      released.map((migration) => ({ ...migration, sql: `${migration.sql}\n-- edited` })),
    );
    const differs = await fails(createLibsqlMetadataStore({ path: edited }), "failed_precondition");
    expect(differs.reason).toBe("DATABASE_DIFFERS");
  });
});

async function worldIn(path: string) {
  await using store = await createLibsqlMetadataStore({ path });
  return await aWorld(store);
}

function migrate(
  path: string,
  available: readonly EmbeddedMigration[],
  version = "1.0.0",
): readonly string[] {
  using connection = new Connection({ path, pragmas: ["journal_mode = WAL"] });
  return migrateSqlite({ connection, path, available, version, nowMicros: () => 1 });
}
