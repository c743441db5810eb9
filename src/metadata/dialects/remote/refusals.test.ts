import { describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sharedDatabaseServer, startDatabaseServer } from "../../../../test/support/database-servers.ts";
import type { DatabaseKind, DatabaseServer } from "../../../../test/support/database-servers.ts";
import { fails } from "../../conformance/define.ts";
import { aModel, aNamespace, aWorld } from "../../conformance/fixtures.ts";
import { createRemoteMetadataStore } from "../../index.ts";

/** How often the database takes a transaction back before it lets it through. */
const TAKEN_BACK = 2;

/** Makes the database take back what inserts a model, as it does when two are in each other's way. */
const TRIGGERS: Readonly<Record<DatabaseKind, string>> = {
  mysql: `
    DELIMITER //
    CREATE TRIGGER take_back BEFORE INSERT ON models FOR EACH ROW BEGIN
      SET @tries = coalesce(@tries, 0) + 1;
      IF @tries <= ${TAKEN_BACK} THEN SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213; END IF;
    END //`,
  postgres: `
    CREATE SEQUENCE tries; GRANT ALL ON SEQUENCE tries TO modelbox;
    CREATE FUNCTION take_back() RETURNS trigger AS $$ BEGIN
      IF nextval('tries') <= ${TAKEN_BACK} THEN RAISE EXCEPTION 'taken back' USING ERRCODE = '40001'; END IF;
      RETURN NEW;
    END $$ LANGUAGE plpgsql;
    CREATE TRIGGER take_back BEFORE INSERT ON models FOR EACH ROW EXECUTE FUNCTION take_back();`,
};

for (const kind of ["mysql", "postgres"] as const) {
  describe(`what a database can refuse: ${kind}`, () => {
    test("a transaction that it takes back is run again, and nobody sees it", async () => {
      const server = await sharedDatabaseServer(kind);
      const settings = { ...(await server.newDatabase()), poolSize: 1 };
      await using store = await createRemoteMetadataStore({ kind, settings });
      const { namespace } = await aWorld(store);
      await server.administer(TRIGGERS[kind], settings.dbname);
      const model = aModel(namespace);
      let runs = 0;
      await store.write(async (tx) => {
        runs += 1;
        await tx.models.insert(model);
      });
      expect(runs).toBe(TAKEN_BACK + 1);
      expect(await store.read((tx) => tx.models.get(model.id))).toEqual(model);
    });

    test("a server that only reads, as a replica before its failover, is told from one that is down", async () => {
      const folder = mkdtempSync(join(tmpdir(), `modelbox-${kind}-replica-`));
      try {
        await using server = await startDatabaseServer(kind, { folder });
        const settings = await server.newDatabase();
        await using store = await createRemoteMetadataStore({ kind, settings });
        const namespace = aNamespace();
        await store.write((tx) => tx.namespaces.insert(namespace));
        await becomeReplica(server, folder);
        const refused = await fails(
          store.write((tx) => tx.models.insert(aModel(namespace))),
          "unavailable",
        );
        expect(refused.reason).toBe("DATABASE_READ_ONLY");
        expect(await store.read((tx) => tx.namespaces.get(namespace.id))).toEqual(namespace);
        await server.administer(
          kind === "mysql" ? "SET GLOBAL read_only = 0" : "SELECT pg_promote(true, 60)",
        );
        const model = aModel(namespace);
        await store.write((tx) => tx.models.insert(model));
        expect(await store.read((tx) => tx.models.get(model.id))).toEqual(model);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }, 60_000);

    test("the character U+0000 in a text is kept, or refused with what to do", async () => {
      const server = await sharedDatabaseServer(kind);
      await using store = await createRemoteMetadataStore({ kind, settings: await server.newDatabase() });
      const { namespace } = await aWorld(store);
      const model = { ...aModel(namespace), description: "before\u0000after" };
      const write = store.write((tx) => tx.models.insert(model));
      if (kind === "mysql") {
        await write;
        expect(await store.read((tx) => tx.models.get(model.id))).toEqual(model);
      } else {
        expect((await fails(write, "invalid_argument")).message).toContain("send the value as bytes");
        expect(await store.read((tx) => tx.models.get(model.id))).toBeUndefined();
      }
    });
  });
}

async function becomeReplica(server: DatabaseServer, folder: string): Promise<void> {
  if (server.kind === "mysql") {
    await server.administer("SET GLOBAL read_only = 1");
    return;
  }
  await server.stop("shut down");
  writeFileSync(join(folder, "data/standby.signal"), "");
  await server.start();
}
