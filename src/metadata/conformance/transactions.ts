import { expect } from "bun:test";
import { DomainError } from "../../domain/errors.ts";
import type { MetadataWriter } from "../../domain/metadata-store.ts";
import { fails } from "./define.ts";
import type { Define } from "./define.ts";
import { aChange, aModel, aNamespace, aWorld, keyOf, nextTime } from "./fixtures.ts";

/** Whole or not at all, one after another, and reads that see one state. */
export function transactionTests(define: Define): void {
  define("a write that throws changes nothing, and its error arrives as it is", async (store) => {
    const { namespace } = await aWorld(store);
    const model = aModel(namespace);
    const failure = new Error("no");
    const result = store.write(async (tx) => {
      await tx.models.insert(model);
      await tx.labels.set(keyOf("model", model), { a: 1 });
      throw failure;
    });
    expect(await result.catch((error: unknown) => error)).toBe(failure);
    await store.read(async (tx) => {
      expect(await tx.models.get(model.id)).toBeUndefined();
      expect((await tx.labels.getMany([model.id])).size).toBe(0);
    });
  });

  define("of writes that are committed together, one that fails takes only itself back", async (store) => {
    const { namespace } = await aWorld(store);
    const models = Array.from({ length: 40 }, () => aModel(namespace));
    const results = await Promise.allSettled(
      models.map((model, index) =>
        store.write(async (tx) => {
          await tx.models.insert(model);
          if (index % 4 === 1) throw new Error("mine alone");
          if (index % 4 === 3) await tx.models.insert(aModel(namespace, { name: model.name }));
          return index;
        }),
      ),
    );
    expect(results.map((result) => result.status === "fulfilled")).toEqual(
      models.map((_, index) => index % 2 === 0),
    );
    const found = await store.read((tx) => tx.models.getMany(models.map((model) => model.id)));
    expect(found.map((model) => model.id).toSorted()).toEqual(
      models
        .filter((_, index) => index % 2 === 0)
        .map((model) => model.id)
        .toSorted(),
    );
  });

  define("of 16 that create the same name at once, one does", async (store) => {
    const { namespace } = await aWorld(store);
    const results = await Promise.allSettled(
      Array.from({ length: 16 }, () =>
        store.write((tx) => tx.models.insert(aModel(namespace, { name: "same" }))),
      ),
    );
    const errors = results.flatMap((result) =>
      result.status === "rejected" ? [result.reason as unknown] : [],
    );
    expect(errors.length).toBe(15);
    expect(errors.every((error) => error instanceof DomainError && error.kind === "already_exists")).toBe(
      true,
    );
  });

  define("a write sees what writes before it did, and its own", async (store) => {
    const { namespace } = await aWorld(store);
    const totals = await Promise.all(
      Array.from({ length: 30 }, () =>
        store.write(async (tx) => {
          const current = await tx.namespaces.get(namespace.id);
          const next = { ...namespace, revision: (current?.revision ?? 0) + 1 };
          await tx.namespaces.update(next);
          return (await tx.namespaces.get(namespace.id))?.revision;
        }),
      ),
    );
    // One after another, in whatever order.
    expect(totals.toSorted((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 2),
    );
  });

  define("a read sees one state, whatever is written meanwhile", async (store) => {
    const { namespace } = await aWorld(store);
    let wrote: Promise<void> | undefined;
    const [before, after] = await store.read(async (tx) => {
      const first = await tx.namespaces.get(namespace.id);
      wrote = store.write((writer) =>
        writer.namespaces.update({ ...namespace, description: "new", revision: 2 }),
      );
      // Many queries, so that the write has the time to be committed where it can be.
      for (let index = 0; index < 2000; index += 1) await tx.namespaces.get(namespace.id);
      return [first, await tx.namespaces.get(namespace.id)];
    });
    expect(after).toEqual(before);
    await wrote;
    expect((await store.read((tx) => tx.namespaces.get(namespace.id)))?.description).toBe("new");
  });

  define("many reads go on at the same time as writes", async (store) => {
    const { namespace } = await aWorld(store);
    const writes = Array.from({ length: 50 }, () =>
      store.write(async (tx) => {
        await tx.models.insert(aModel(namespace));
        await tx.changes.append([aChange(namespace)]);
      }),
    );
    const reads = Array.from({ length: 100 }, () =>
      store.read(async (tx) => {
        const last = await tx.changes.lastSequence(namespace.id);
        return [last, (await tx.changes.list(namespace.id, 0, [], 100)).length] as const;
      }),
    );
    await Promise.all(writes);
    for (const [last, count] of await Promise.all(reads)) expect(count).toBe(last);
  });

  define("a query that outlives its transaction is refused", async (store) => {
    const { namespace } = await aWorld(store);
    const left: { tx?: MetadataWriter } = {};
    await store.write(async (tx) => {
      left.tx = tx;
      await tx.namespaces.get(namespace.id);
    });
    const late = left.tx?.models.insert(aModel(namespace)).catch((error: unknown) => error);
    expect(String(await late)).toContain("transaction had ended");
    // What the failed half of a Promise.all leaves running must not reach the next work either.
    await store
      .write(async (tx) => {
        const slow = async () => {
          for (let index = 0; index < 50; index += 1) await tx.models.insert(aModel(namespace));
        };
        await Promise.all([slow(), tx.namespaces.insert(aNamespace({ name: namespace.name }))]);
      })
      .catch(() => undefined);
    await store.write((tx) => tx.namespaces.get(namespace.id));
    const page = await store.read((tx) =>
      tx.models.list({
        scope: { type: "namespace", id: namespace.id },
        orderBy: { field: "created_at", descending: true },
        limit: 100,
      }),
    );
    expect(page.items.length).toBe(1);
  });

  define("a disposed store finishes what it was given, then refuses", async (store) => {
    const { namespace } = await aWorld(store);
    const given = store.write((tx) => tx.models.insert(aModel(namespace, { createdAt: nextTime() })));
    await store[Symbol.asyncDispose]();
    await given;
    await fails(
      store.write((tx) => tx.models.insert(aModel(namespace))),
      "unavailable",
    );
    await fails(
      store.read((tx) => tx.namespaces.get(namespace.id)),
      "unavailable",
    );
    await fails(store.check(), "unavailable");
    await store[Symbol.asyncDispose]();
  });

  define("a store that works passes its check", async (store) => {
    await store.check();
  });
}
