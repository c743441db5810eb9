import { describe, expect, test } from "bun:test";
import { sharedDatabaseServer, startDatabaseServer } from "../../../../test/support/database-servers.ts";
import type { DatabaseKind } from "../../../../test/support/database-servers.ts";
import { startTcpProxy } from "../../../../test/support/database-proxy.ts";
import { DomainError } from "../../../domain/errors.ts";
import type { MetadataStore } from "../../../domain/metadata-store.ts";
import { fails } from "../../conformance/define.ts";
import { aChange, aModel, aNamespace, aWorld } from "../../conformance/fixtures.ts";
import { awaitedMetadataStore, createRemoteMetadataStore } from "../../index.ts";

/** For the test that waits for it. With every statement held to it, a busy machine would fail the other tests. */
const SHORT_STATEMENT_LIMIT_MS = 400;

for (const kind of ["mysql", "postgres"] as const) {
  describe(`what can fail between a server and its database: ${kind}`, () => {
    test("a connection that is cut before the commit costs nobody anything", async () => {
      await using subject = await aStore(kind);
      const { store, proxy } = subject;
      const { namespace } = await aWorld(store);
      let runs = 0;
      const model = aModel(namespace);
      await store.write(async (tx) => {
        runs += 1;
        await tx.models.insert(model);
        if (runs === 1) proxy.cut();
        await tx.changes.append([aChange(namespace)]);
      });
      expect(runs).toBe(2);
      expect(await store.read((tx) => tx.models.get(model.id))).toEqual(model);
      // Also one that lay idle.
      proxy.cut();
      expect(await store.read((tx) => tx.changes.lastSequence(namespace.id))).toBe(1);
    });

    test.each(["end", "reset"] as const)(
      "a connection that is lost at any statement is replaced: %s",
      async (how) => {
        await using subject = await aStore(kind, { poolSize: 1 });
        const { store, proxy } = subject;
        const { namespace } = await aWorld(store);
        const begin = kind === "mysql" ? "START TRANSACTION" : "BEGIN ISOLATION";
        for (const statement of [begin, "select", "insert"]) {
          proxy.cutAfter(statement, how);
          const model = aModel(namespace);
          await store.write(async (tx) => {
            await tx.models.get(model.id);
            await tx.models.insert(model);
          });
          proxy.cutAfter(statement === "insert" ? begin : statement, how);
          expect(await store.read((tx) => tx.models.get(model.id))).toEqual(model);
        }
      },
    );

    test("a commit whose answer is lost is found again by its request id", async () => {
      await using subject = await aStore(kind);
      const { store, proxy } = subject;
      const { namespace } = await aWorld(store);
      const request = {
        actor: "ada",
        method: "CreateModel",
        requestId: "r-1",
        fingerprint: "f",
        createdAt: 1,
      };
      let runs = 0;
      const answer = await store.write(async (tx) => {
        runs += 1;
        const found = await tx.requests.find("ada", "CreateModel", "r-1");
        if (found !== undefined) return found.response;
        const model = aModel(namespace);
        await tx.models.insert(model);
        await tx.requests.remember({ ...request, response: model.id });
        await tx.changes.append([aChange(namespace)]);
        if (runs === 1) proxy.cutAfter("COMMIT");
        return model.id;
      });
      expect(runs).toBe(2);
      await store.read(async (tx) => {
        expect((await tx.models.get(answer))?.id).toBe(answer);
        // Done once, not twice.
        expect(await tx.changes.lastSequence(namespace.id)).toBe(1);
      });
    });

    test("without a request id, the caller is told that nobody knows", async () => {
      await using subject = await aStore(kind);
      const { store, proxy } = subject;
      const { namespace } = await aWorld(store);
      const error = await fails(
        store.write(async (tx) => {
          await tx.changes.append([aChange(namespace)]);
          proxy.cutAfter("COMMIT");
        }),
        "unavailable",
      );
      expect(error.reason).toBe("COMMIT_UNKNOWN");
      expect(await store.read((tx) => tx.changes.lastSequence(namespace.id))).toBe(1);
    });

    test("a database that says nothing is not waited for without end", async () => {
      await using subject = await aStore(kind);
      const { store, proxy, settings } = subject;
      const { namespace } = await aWorld(store);
      await using impatient = await createRemoteMetadataStore({
        kind,
        settings: { ...settings, port: proxy.port },
        statementLimitMs: SHORT_STATEMENT_LIMIT_MS,
      });
      proxy.hold();
      const error = await fails(
        impatient.read((tx) => tx.namespaces.get(namespace.id)),
        "unavailable",
      );
      expect(error.reason).toBe("DATABASE_UNAVAILABLE");
      await fails(impatient.check(), "unavailable");
      proxy.release();
      expect(await store.read((tx) => tx.namespaces.get(namespace.id))).toEqual(namespace);
    });

    test("calls wait for a connection when the database gives no more", async () => {
      await using subject = await aStore(kind, { poolSize: 12 });
      const { store, server, settings } = subject;
      const limit = 3;
      // Before the limit, so that the pool has one of those that are given.
      const { namespace } = await aWorld(store);
      await server.administer(
        kind === "mysql"
          ? `ALTER USER modelbox WITH MAX_USER_CONNECTIONS ${limit}`
          : `ALTER DATABASE "${settings.dbname}" CONNECTION LIMIT ${limit}`,
      );
      try {
        const models = Array.from({ length: 60 }, () => aModel(namespace));
        await Promise.all(models.map((model) => store.write((tx) => tx.models.insert(model))));
        const found = await store.read((tx) => tx.models.getMany(models.map((model) => model.id)));
        expect(found.length).toBe(60);
      } finally {
        if (kind === "mysql") await server.administer("ALTER USER modelbox WITH MAX_USER_CONNECTIONS 0");
      }
    });

    test("a database that goes and comes under load loses nothing that was acknowledged", async () => {
      await using server = await startDatabaseServer(kind, { durable: true });
      const settings = await server.newDatabase();
      await using store = await createRemoteMetadataStore({ kind, settings });
      const { namespace } = await aWorld(store);
      const acknowledged: string[] = [];
      const failures: unknown[] = [];
      let running = true;
      const load = Array.from({ length: 6 }, async () => {
        while (running) {
          const model = aModel(namespace);
          try {
            await store.write(async (tx) => {
              await tx.models.insert(model);
              await tx.changes.append([aChange(namespace)]);
            });
            acknowledged.push(model.id);
          } catch (error) {
            failures.push(error);
            await Bun.sleep(5);
          }
        }
      });
      const moreThan = async (count: number) => {
        while (acknowledged.length <= count) await Bun.sleep(5);
      };
      await moreThan(50);
      await server.stop("kill");
      while (failures.length < 20) await Bun.sleep(5);
      const before = acknowledged.length;
      await server.start();
      await moreThan(before + 50);
      running = false;
      await Promise.all(load);
      expect(
        failures.filter((error) => !(error instanceof DomainError && error.kind === "unavailable")),
      ).toEqual([]);
      await store.read(async (tx) => {
        const found = await tx.models.getMany(acknowledged);
        expect(found.length).toBe(acknowledged.length);
        const last = await tx.changes.lastSequence(namespace.id);
        expect(last).toBeGreaterThanOrEqual(acknowledged.length);
        const changes = await tx.changes.list(namespace.id, 0, [], 100_000);
        expect(changes.map((change) => change.sequence)).toEqual(
          Array.from({ length: last }, (_, index) => index + 1),
        );
      });
    }, 300_000);

    test("a database that is down at start is waited for", async () => {
      const server = await sharedDatabaseServer(kind);
      const settings = await server.newDatabase();
      await using proxy = await startTcpProxy(server.port);
      proxy.refuse();
      const reports: unknown[] = [];
      const open = () => createRemoteMetadataStore({ kind, settings: { ...settings, port: proxy.port } });
      const store: MetadataStore = await awaitedMetadataStore(open, (error) => reports.push(error));
      const told = Promise.withResolvers<void>();
      const namespace = aNamespace();
      store.onChanges(namespace.id, told.resolve);
      const error = await fails(store.check(), "unavailable");
      expect(error.message).toContain(`127.0.0.1:${proxy.port}`);
      proxy.release();
      while (
        await store.check().then(
          () => false,
          () => true,
        )
      )
        await Bun.sleep(20);
      await store.write(async (tx) => {
        await tx.namespaces.insert(namespace);
        await tx.changes.append([aChange(namespace)]);
      });
      await told.promise;
      expect(reports.length).toBeGreaterThan(0);
      await store[Symbol.asyncDispose]();
      await server.dropDatabase(settings.dbname);
    });

    test("a store that is closed while it waits waits no longer", async () => {
      const server = await sharedDatabaseServer(kind);
      const settings = await server.newDatabase();
      await using proxy = await startTcpProxy(server.port);
      proxy.refuse();
      const open = () => createRemoteMetadataStore({ kind, settings: { ...settings, port: proxy.port } });
      const store = await awaitedMetadataStore(open, () => undefined);
      await store[Symbol.asyncDispose]();
      await fails(store.check(), "unavailable");
      await server.dropDatabase(settings.dbname);
    });
  });
}

/** A store behind a proxy. */
async function aStore(kind: DatabaseKind, options: { readonly poolSize?: number } = {}) {
  const server = await sharedDatabaseServer(kind);
  const settings = { ...(await server.newDatabase()), ...options };
  const proxy = await startTcpProxy(server.port);
  const store = await createRemoteMetadataStore({
    kind,
    settings: { ...settings, port: proxy.port },
  });
  return {
    server,
    settings,
    proxy,
    store,
    async [Symbol.asyncDispose]() {
      await store[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
      await server.dropDatabase(settings.dbname);
    },
  };
}
