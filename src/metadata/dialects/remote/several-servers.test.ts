import { describe, expect, test } from "bun:test";
import { sharedDatabaseServer } from "../../../../test/support/database-servers.ts";
import type { DatabaseKind } from "../../../../test/support/database-servers.ts";
import { DomainError } from "../../../domain/errors.ts";
import type { MetadataStore } from "../../../domain/metadata-store.ts";
import { aChange, aModel, aNamespace, aTag, aVersion, aWorld, nextTime } from "../../conformance/fixtures.ts";
import { createRemoteMetadataStore, remoteMigrationStatus } from "../../index.ts";

const CHANGE_LIMIT_MS = 1_000;

for (const kind of ["mysql", "postgres"] as const) {
  describe(`several servers on one database: ${kind}`, () => {
    test("ten that open an empty database at once migrate it once", async () => {
      const server = await sharedDatabaseServer(kind);
      const settings = await server.newDatabase();
      const stores = await Promise.all(
        Array.from({ length: 10 }, (_, index) =>
          createRemoteMetadataStore({
            kind,
            settings: { ...settings, poolSize: 2 },
            version: `1.0.${index}`,
          }),
        ),
      );
      for (const store of stores) await store.check();
      const status = await remoteMigrationStatus({ kind, settings });
      expect(status.pending).toEqual([]);
      // All of it is the work of one of them.
      expect(new Set(status.applied.map((migration) => migration.appliedBy)).size).toBe(1);
      for (const store of stores) await store[Symbol.asyncDispose]();
      await server.dropDatabase(settings.dbname);
    });

    test("one that was there before a copy into its database is not fit until that is done", async () => {
      const server = await sharedDatabaseServer(kind);
      const settings = await server.newDatabase();
      await using early = await createRemoteMetadataStore({ kind, settings });
      await early.check();
      await using filling = await createRemoteMetadataStore({ kind, settings, copyFrom: "a source" });
      expect(await early.check().catch((error: unknown) => error)).toMatchObject({
        reason: "COPY_UNFINISHED",
        metadata: { source: "a source" },
      });
      await filling.write((tx) => tx.tables.finishCopy());
      await early.check();
    });

    test("of creates of one name through two servers, one does, and the others are told", async () => {
      await using both = await twoStores(kind);
      const { namespace } = await aWorld(both.first);
      const results = await Promise.allSettled(
        Array.from({ length: 32 }, (_, index) =>
          both.of(index).write((tx) => tx.models.insert(aModel(namespace, { name: "same" }))),
        ),
      );
      expect(results.filter((result) => result.status === "fulfilled").length).toBe(1);
      const errors = results.flatMap((result) =>
        result.status === "rejected" ? [result.reason as unknown] : [],
      );
      expect(errors.every((error) => error instanceof DomainError && error.kind === "already_exists")).toBe(
        true,
      );
    });

    test("a create that looks first finds what the other server has made", async () => {
      await using both = await twoStores(kind);
      const { namespace } = await aWorld(both.first);
      const ids = await Promise.all(
        Array.from({ length: 32 }, (_, index) =>
          both.of(index).write(async (tx) => {
            const found = await tx.models.findByName(namespace.id, "same");
            if (found !== undefined) return found.id;
            const model = aModel(namespace, { name: "same" });
            await tx.models.insert(model);
            await tx.changes.append([aChange(namespace)]);
            return model.id;
          }),
        ),
      );
      expect(new Set(ids).size).toBe(1);
      expect(await both.second.read((tx) => tx.changes.lastSequence(namespace.id))).toBe(1);
    });

    test("what one reads and then writes, nobody has changed in between", async () => {
      await using both = await twoStores(kind);
      const { namespace, model } = await aWorld(both.first);
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          both.of(index).write(async (tx) => {
            const space = await tx.namespaces.get(namespace.id);
            const current = await tx.models.get(model.id);
            if (space === undefined || current === undefined) throw new Error("gone");
            await tx.models.update({
              ...current,
              lastNumber: current.lastNumber + 1,
              revision: current.revision + 1,
            });
            if (index % 4 === 0) await tx.namespaces.update({ ...space, revision: space.revision + 1 });
          }),
        ),
      );
      await both.second.read(async (tx) => {
        expect((await tx.models.get(model.id))?.lastNumber).toBe(model.lastNumber + 40);
        expect((await tx.namespaces.get(namespace.id))?.revision).toBe(namespace.revision + 10);
      });
    });

    test("a unique tag stays on one version, however often it is moved", async () => {
      await using both = await twoStores(kind);
      const { model, version } = await aWorld(both.first);
      const versions = [version, aVersion(model), aVersion(model)];
      await both.first.write(async (tx) => {
        for (const one of versions.slice(1)) await tx.versions.insert(one);
      });
      await Promise.all(
        Array.from({ length: 30 }, (_, index) =>
          both.of(index).write(async (tx) => {
            await tx.models.get(model.id);
            await tx.tags.unassign(model.id, "production", nextTime());
            await tx.tags.assign(aTag(versions[index % 3]!, { setAt: nextTime() }));
          }),
        ),
      );
      const tags = await both.second.read((tx) => tx.tags.forModels([model.id]));
      expect(tags.map((one) => one.tag)).toEqual(["production"]);
      const { items } = await both.second.read((tx) => tx.tags.history(model.id, "production", 100));
      expect(items.filter((one) => one.unsetAt === undefined).length).toBe(1);
      expect(items.length).toBe(30);
    });

    test("two that wait for each other's rows both get through", async () => {
      await using both = await twoStores(kind);
      const { namespace, model } = await aWorld(both.first);
      const other = aModel(namespace);
      await both.first.write((tx) => tx.models.insert(other));
      const started = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const runs = [0, 0];
      await Promise.all(
        [0, 1].map((index) =>
          both.of(index).write(async (tx) => {
            const [first, second] = index === 0 ? [model.id, other.id] : [other.id, model.id];
            runs[index] = (runs[index] ?? 0) + 1;
            await tx.models.get(first);
            started[index]?.resolve();
            await started[1 - index]?.promise;
            const current = await tx.models.get(second);
            if (current === undefined) throw new Error("gone");
            await tx.models.update({ ...current, revision: current.revision + 1 });
          }),
        ),
      );
      // The database took one of them back, which ran again; and again where it was before the other that time.
      expect(Math.max(...runs)).toBeGreaterThan(1);
      const found = await both.first.read((tx) => tx.models.getMany([model.id, other.id]));
      expect(found.map((one) => one.revision)).toEqual([2, 2]);
    });

    test("changes through one server reach listeners of the other, in order and without gaps", async () => {
      await using both = await twoStores(kind);
      const { namespace } = await aWorld(both.first);
      const seen: number[] = [];
      let reading = Promise.resolve();
      const total = 60;
      const all = Promise.withResolvers<void>();
      const read = async () => {
        const page = await both.first.read((tx) => tx.changes.list(namespace.id, seen.at(-1) ?? 0, [], 1000));
        seen.push(...page.map((change) => change.sequence));
        if (seen.length >= total) all.resolve();
      };
      const stop = both.first.onChanges(namespace.id, () => {
        reading = reading.then(read).catch(all.reject);
      });
      await Promise.all(
        Array.from({ length: total }, (_, index) =>
          both.of(index).write(async (tx) => {
            await tx.models.insert(aModel(namespace));
            await tx.changes.append([aChange(namespace)]);
          }),
        ),
      );
      await all.promise;
      expect(seen).toEqual(Array.from({ length: total }, (_, index) => index + 1));
      stop();
    });

    test("a listener is told of what the other server does alone", async () => {
      await using both = await twoStores(kind);
      const { namespace } = await aWorld(both.first);
      const other = aNamespace();
      await both.second.write((tx) => tx.namespaces.insert(other));
      let toldOfOther = 0;
      const stopOther = both.first.onChanges(other.id, () => (toldOfOther += 1));
      const times: number[] = [];
      // Several, for one can be late on a busy machine.
      for (let count = 0; count < 5; count += 1) {
        const told = Promise.withResolvers<void>();
        const stop = both.first.onChanges(namespace.id, told.resolve);
        const begin = performance.now();
        await both.second.write((tx) => tx.changes.append([aChange(namespace)]));
        await told.promise;
        times.push(performance.now() - begin);
        stop();
      }
      stopOther();
      expect(toldOfOther).toBe(0);
      expect(Math.min(...times)).toBeLessThan(CHANGE_LIMIT_MS);
    });
  });
}

/** Two stores as two servers would have them. */
async function twoStores(kind: DatabaseKind) {
  const server = await sharedDatabaseServer(kind);
  const settings = await server.newDatabase();
  const open = () => createRemoteMetadataStore({ kind, settings });
  const [first, second] = [await open(), await open()];
  return {
    first,
    second,
    of: (index: number): MetadataStore => (index % 2 === 0 ? first : second),
    async [Symbol.asyncDispose]() {
      await first[Symbol.asyncDispose]();
      await second[Symbol.asyncDispose]();
      await server.dropDatabase(settings.dbname);
    },
  };
}
