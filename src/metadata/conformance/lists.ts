import { expect } from "bun:test";
import type { Model } from "../../domain/entities.ts";
import { parseFilter } from "../../domain/filter-parser.ts";
import type { ListCursor, ListQuery, ListScope, MetadataStore } from "../../domain/metadata-store.ts";
import { fails, nth } from "./define.ts";
import type { Define } from "./define.ts";
import {
  aCheckpoint,
  aModel,
  aNamespace,
  aVersion,
  aWorld,
  anArtifact,
  anEvent,
  anExperiment,
  keyOf,
  nextTime,
} from "./fixtures.ts";

/** Pages follow one another without loss or repetition, in every order and scope. */
export function listTests(define: Define): void {
  define("every order, in both directions, page by page", async (store) => {
    const { namespace, models } = await someModels(store, 25);
    const losses = new Map(models.map((model, index) => [model.id, index % 5 === 0 ? undefined : index % 3]));
    await store.write(async (tx) => {
      for (const [index, model] of models.entries()) {
        const value = losses.get(model.id);
        const key = keyOf("model", model);
        if (value !== undefined) await tx.metrics.log(key, [{ key: "loss", step: 1n, wallTime: 1, value }]);
        // Neither is a number that can be ordered.
        const other = index % 2 === 0 ? Number.NaN : "diverged";
        if (value === undefined)
          await tx.metrics.log(key, [{ key: "loss", step: 1n, wallTime: 1, value: other }]);
      }
    });
    const by = <T extends string | number>(value: (model: Model) => T, descending: boolean) =>
      models
        .toSorted((a, b) => {
          const order = value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a.id < b.id ? -1 : 1;
          return descending ? -order : order;
        })
        .map((model) => model.id);
    for (const descending of [false, true]) {
      const list = (field: string) =>
        allIds(store, namespace.id, { orderBy: { field, descending }, limit: 4 });
      expect(await list("name")).toEqual(by((model) => model.name, descending));
      expect(await list("created_at")).toEqual(by((model) => model.createdAt, descending));
      expect(await list("updated_at")).toEqual(by((model) => model.updatedAt, descending));
      // Rows without the metric come last in either direction.
      const last = descending ? -1 : 10;
      expect(await list("metrics.loss")).toEqual(by((model) => losses.get(model.id) ?? last, descending));
    }
  });

  define("equal values are told apart by id", async (store) => {
    const namespace = aNamespace();
    const time = nextTime();
    const models = Array.from({ length: 9 }, () => aModel(namespace, { createdAt: time, updatedAt: time }));
    await store.write(async (tx) => {
      await tx.namespaces.insert(namespace);
      for (const model of models) await tx.models.insert(model);
    });
    const ids = models.map((model) => model.id).toSorted();
    for (const field of ["created_at", "updated_at", "metrics.none"]) {
      const ascending = { orderBy: { field, descending: false }, limit: 2 };
      expect(await allIds(store, namespace.id, ascending)).toEqual(ids);
      const descending = { orderBy: { field, descending: true }, limit: 2 };
      expect(await allIds(store, namespace.id, descending)).toEqual(ids.toReversed());
    }
  });

  define("steps are ordered as 64-bit numbers", async (store) => {
    const { namespace, experiment, checkpoint } = await aWorld(store);
    const steps = [-(2n ** 63n), -5n, 0n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    await store.write(async (tx) => {
      await tx.checkpoints.delete(checkpoint.id);
      for (const step of steps.toReversed()) await tx.checkpoints.insert(aCheckpoint(experiment, { step }));
    });
    for (const scope of [
      { type: "parent", id: experiment.id },
      { type: "namespace", id: namespace.id },
    ] as const) {
      const found: bigint[] = [];
      let after: ListCursor | undefined;
      do {
        const page = await store.read((tx) =>
          tx.checkpoints.list({ scope, orderBy: { field: "step", descending: false }, limit: 2, after }),
        );
        found.push(...page.items.map((one) => one.step));
        after = page.next;
      } while (after !== undefined);
      expect(found).toEqual(steps);
    }
  });

  define("scopes: everywhere, a namespace, a parent", async (store) => {
    const one = await aWorld(store);
    const two = await aWorld(store);
    const order = { orderBy: { field: "created_at", descending: false }, limit: 10 };
    await store.write(async (tx) => {
      const model = aModel(one.namespace);
      await tx.models.insert(model);
      await tx.versions.insert(aVersion(model));
      const experiment = anExperiment(one.namespace);
      await tx.experiments.insert(experiment);
      await tx.checkpoints.insert(aCheckpoint(experiment));
    });
    await store.read(async (tx) => {
      const count = async (
        list: (query: ListQuery) => Promise<{ items: readonly unknown[] }>,
        scope: ListScope,
      ) => (await list({ scope, ...order })).items.length;
      expect(await count((query) => tx.namespaces.list(query), { type: "all" })).toBe(2);
      const inNamespace = { type: "namespace", id: one.namespace.id } as const;
      expect(await count((query) => tx.experiments.list(query), inNamespace)).toBe(2);
      expect(await count((query) => tx.models.list(query), inNamespace)).toBe(2);
      expect(await count((query) => tx.versions.list(query), inNamespace)).toBe(2);
      expect(await count((query) => tx.checkpoints.list(query), inNamespace)).toBe(2);
      expect(await count((query) => tx.versions.list(query), { type: "parent", id: one.model.id })).toBe(1);
      expect(
        await count((query) => tx.checkpoints.list(query), { type: "parent", id: one.experiment.id }),
      ).toBe(1);
      expect(await count((query) => tx.models.list(query), { type: "parent", id: two.namespace.id })).toBe(1);
    });
  });

  define("rows that come and go between pages disturb no others", async (store) => {
    const { namespace, models } = await someModels(store, 20);
    const query = { orderBy: { field: "created_at", descending: true }, limit: 5 };
    const scope = { type: "namespace", id: namespace.id } as const;
    const first = await store.read((tx) => tx.models.list({ scope, ...query }));
    await store.write(async (tx) => {
      await tx.models.insert(aModel(namespace));
      // The one that the cursor names, and the next.
      for (const model of models.slice(14, 16)) await tx.models.delete(model.id);
    });
    const second = await store.read((tx) => tx.models.list({ scope, ...query, after: first.next }));
    const expected = models.toReversed().map((model) => model.id);
    expect(first.items.map((model) => model.id)).toEqual(expected.slice(0, 5));
    expect(second.items.map((model) => model.id)).toEqual(expected.slice(6, 11));
  });

  define("the last page says so, also when it is full", async (store) => {
    const { namespace } = await someModels(store, 6);
    const list = (limit: number, filter?: string) =>
      store.read((tx) =>
        tx.models.list({
          scope: { type: "namespace", id: namespace.id },
          orderBy: { field: "name", descending: false },
          filter: filter === undefined ? undefined : parseFilter(filter),
          limit,
        }),
      );
    expect((await list(5)).next).toBeDefined();
    expect(await list(6)).toMatchObject({ next: undefined, incomplete: false });
    expect(await list(7)).toMatchObject({ next: undefined, incomplete: false });
    expect((await list(5, 'task = "lang-id"')).next).toBeDefined();
    expect(await list(6, 'task = "lang-id"')).toMatchObject({ next: undefined, incomplete: false });
  });

  define("artifacts and events of an object", async (store) => {
    const { version, model } = await aWorld(store);
    const key = keyOf("version", version);
    const names = ["weights", "default", "logs"];
    const artifacts = names.map((name, index) => anArtifact(key, { name, sizeBytes: index }));
    const events = ["a", "b", "c"].map((name, index) =>
      anEvent(key, { name, source: index === 1 ? "cd" : "ci" }),
    );
    await store.write(async (tx) => {
      for (const artifact of artifacts) await tx.artifacts.insert(artifact, []);
      await tx.artifacts.insert(anArtifact(keyOf("model", model)), []);
      await tx.events.insert([...events, anEvent(keyOf("model", model))]);
    });
    const scope = { type: "parent", id: version.id } as const;
    await store.read(async (tx) => {
      const byName = { scope, orderBy: { field: "name", descending: false }, limit: 10 };
      expect((await tx.artifacts.list(byName)).items.map((one) => one.name)).toEqual(names.toSorted());
      const large = await tx.artifacts.list({ ...byName, filter: parseFilter("size_bytes > 0") });
      expect(large.items.map((one) => one.name)).toEqual(["default", "logs"]);
      const newest = { scope, orderBy: { field: "time", descending: true }, limit: 2 };
      const page = await tx.events.list(newest);
      expect(page.items).toEqual([nth(events, 2), nth(events, 1)]);
      expect((await tx.events.list({ ...newest, after: page.next })).items).toEqual([nth(events, 0)]);
      const ci = await tx.events.list({
        ...newest,
        filter: parseFilter('source = "ci" AND name IN ("a", "b")'),
      });
      expect(ci.items).toEqual([nth(events, 0)]);
    });
  });

  define("an order or cursor that does not fit is refused", async (store) => {
    const { namespace } = await aWorld(store);
    const list = (field: string, after?: ListCursor) =>
      store.read((tx) =>
        tx.models.list({
          scope: { type: "namespace", id: namespace.id },
          orderBy: { field, descending: false },
          limit: 5,
          after,
        }),
      );
    const error = await fails(list("owner"), "invalid_argument");
    expect(error.message).toContain("name, created_at, updated_at");
    await fails(list("metrics."), "invalid_argument");
    await fails(list("name", { value: 5, id: "x" }), "invalid_argument");
    await fails(list("created_at", { value: "x", id: "x" }), "invalid_argument");
    await fails(list("metrics.loss", { value: null, id: "x" }), "invalid_argument");
  });
}

async function someModels(store: MetadataStore, count: number) {
  const namespace = aNamespace();
  // Names and updates in an order of their own.
  const models = Array.from({ length: count }, (_, index) =>
    aModel(namespace, {
      name: `m-${(index * 7) % count}-${index}`,
      updatedAt: 10 ** 15 - ((index * 11) % count),
    }),
  );
  await store.write(async (tx) => {
    await tx.namespaces.insert(namespace);
    for (const model of models) await tx.models.insert(model);
  });
  return { namespace, models };
}

async function allIds(
  store: MetadataStore,
  namespaceId: string,
  query: Pick<ListQuery, "orderBy" | "limit" | "filter">,
): Promise<readonly string[]> {
  const ids: string[] = [];
  let after: ListCursor | undefined;
  do {
    const scope = { type: "namespace", id: namespaceId } as const;
    const page = await store.read((tx) => tx.models.list({ scope, ...query, after }));
    ids.push(...page.items.map((model) => model.id));
    after = page.next;
  } while (after !== undefined);
  return ids;
}
