import { expect } from "bun:test";
import { fails, nth } from "./define.ts";
import type { Define } from "./define.ts";
import { aChange, aModel, aNamespace, aWorld } from "./fixtures.ts";

/** Changes are numbered without gaps; answers are remembered. */
export function logTests(define: Define): void {
  define("changes are numbered per namespace, from 1, without gaps", async (store) => {
    const { namespace } = await aWorld(store);
    const other = aNamespace();
    await store.write((tx) => tx.namespaces.insert(other));
    const first = await store.write((tx) =>
      tx.changes.append([aChange(namespace), aChange(other), aChange(namespace)]),
    );
    expect(first.map((change) => change.sequence)).toEqual([1, 1, 2]);
    await store
      .write(async (tx) => {
        await tx.changes.append([aChange(namespace)]);
        throw new Error("thought better of it");
      })
      .catch(() => undefined);
    const next = await store.write((tx) => tx.changes.append([aChange(namespace)]));
    expect(next.map((change) => change.sequence)).toEqual([3]);
    await store.read(async (tx) => {
      expect(await tx.changes.lastSequence(namespace.id)).toBe(3);
      expect(await tx.changes.lastSequence("nowhere")).toBe(0);
      expect(await tx.changes.list(namespace.id, 0, [], 10)).toEqual([
        nth(first, 0),
        nth(first, 2),
        nth(next, 0),
      ]);
      expect((await tx.changes.list(namespace.id, 1, [], 1)).map((change) => change.sequence)).toEqual([2]);
    });
  });

  define("writers at the same time leave no gap and no number twice", async (store) => {
    const { namespace } = await aWorld(store);
    await Promise.all(
      Array.from({ length: 64 }, (_, index) =>
        store
          .write(async (tx) => {
            await tx.changes.append([aChange(namespace)]);
            if (index % 5 === 0) throw new Error("rolled back");
          })
          .catch(() => undefined),
      ),
    );
    const changes = await store.read((tx) => tx.changes.list(namespace.id, 0, [], 100));
    expect(changes.map((change) => change.sequence)).toEqual(
      Array.from({ length: 51 }, (_, index) => index + 1),
    );
  });

  define("changes of some kinds come in order", async (store) => {
    const { namespace, model, experiment } = await aWorld(store);
    const kinds = ["model", "experiment", "model", "namespace", "experiment", "model"] as const;
    await store.write((tx) =>
      tx.changes.append(
        kinds.map((kind) =>
          aChange(namespace, { kind, objectId: kind === "model" ? model.id : experiment.id }),
        ),
      ),
    );
    await store.read(async (tx) => {
      const numbers = async (after: number, wanted: readonly (typeof kinds)[number][], limit: number) =>
        (await tx.changes.list(namespace.id, after, wanted, limit)).map((change) => change.sequence);
      expect(await numbers(0, ["model"], 10)).toEqual([1, 3, 6]);
      expect(await numbers(1, ["model", "experiment"], 10)).toEqual([2, 3, 5, 6]);
      expect(await numbers(1, ["model", "experiment", "model"], 2)).toEqual([2, 3]);
    });
  });

  define("the states of changes keep what JSON lacks", async (store) => {
    const { namespace, checkpoint, version } = await aWorld(store);
    const artifact = {
      id: "a",
      namespaceId: namespace.id,
      objectKind: "checkpoint" as const,
      objectId: checkpoint.id,
      name: "default",
      fileCount: 1,
      sizeBytes: 2,
      createdAt: 3,
      fingerprint: "",
      objectPath: "a/b/c",
    };
    const metrics = {
      loss: Number.NaN,
      best: Number.NEGATIVE_INFINITY,
      note: "ok",
      blob: new Uint8Array([0, 255]),
    };
    const state = {
      type: "checkpoint" as const,
      value: {
        ...checkpoint,
        step: 2n ** 62n + 1n,
        path: "a/b/c",
        labels: { a: [null, { b: 1 }] },
        metrics,
        artifact,
      },
    };
    await store.write((tx) =>
      tx.changes.append([aChange(namespace, { kind: "checkpoint", objectId: version.id, state })]),
    );
    const [change] = await store.read((tx) => tx.changes.list(namespace.id, 0, [], 1));
    expect(change?.state).toEqual(state);
  });

  define("changes outlive their namespace, and so does its counter", async (store) => {
    const namespace = aNamespace();
    await store.write(async (tx) => {
      await tx.namespaces.insert(namespace);
      await tx.changes.append([aChange(namespace)]);
    });
    await store.write(async (tx) => {
      await tx.namespaces.delete(namespace.id);
      await tx.changes.append([aChange(namespace, { action: "deleted" })]);
    });
    const changes = await store.read((tx) => tx.changes.list(namespace.id, 0, [], 10));
    expect(changes.map((change) => change.action)).toEqual(["updated", "deleted"]);
  });

  define("listeners are told of commits with changes, after they are readable", async (store) => {
    const { namespace } = await aWorld(store);
    const other = aNamespace();
    await store.write((tx) => tx.namespaces.insert(other));
    let told = 0;
    const seen = Promise.withResolvers<number>();
    const stop = store.onChanges(namespace.id, () => {
      told += 1;
      void store.read((tx) => tx.changes.lastSequence(namespace.id)).then(seen.resolve, seen.reject);
    });
    await store.write((tx) => tx.models.insert(aModel(namespace)));
    await store.write((tx) => tx.changes.append([aChange(other)]));
    expect(told).toBe(0);
    await store
      .write(async (tx) => {
        await tx.changes.append([aChange(namespace)]);
        throw new Error("rolled back");
      })
      .catch(() => undefined);
    expect(told).toBe(0);
    await store.write((tx) => tx.changes.append([aChange(namespace)]));
    expect(told).toBe(1);
    expect(await seen.promise).toBe(1);
    stop();
    await store.write((tx) => tx.changes.append([aChange(namespace)]));
    expect(told).toBe(1);
  });

  define("an answer is remembered for its actor, method and id", async (store) => {
    const request = {
      actor: "ada",
      method: "CreateModel",
      requestId: "r-1",
      fingerprint: "f",
      response: '{"name":"x"}',
      createdAt: 10,
    };
    await store.write((tx) => tx.requests.remember(request));
    await store.read(async (tx) => {
      expect(await tx.requests.find("ada", "CreateModel", "r-1")).toEqual(request);
      expect(await tx.requests.find("bob", "CreateModel", "r-1")).toBeUndefined();
      expect(await tx.requests.find("ada", "CreateExperiment", "r-1")).toBeUndefined();
      expect(await tx.requests.find("ada", "CreateModel", "R-1")).toBeUndefined();
    });
    await fails(
      store.write((tx) => tx.requests.remember({ ...request, fingerprint: "g" })),
      "conflict",
    );
  });

  define("old answers are purged, the oldest first and no more than asked for", async (store) => {
    const request = { actor: "ada", method: "CreateModel", fingerprint: "f", response: "{}" };
    await store.write(async (tx) => {
      for (let index = 0; index < 6; index += 1) {
        await tx.requests.remember({ ...request, requestId: `r-${index}`, createdAt: index });
      }
    });
    expect(await store.write((tx) => tx.requests.purge(5, 2))).toBe(2);
    expect(await store.read((tx) => tx.requests.find("ada", "CreateModel", "r-1"))).toBeUndefined();
    expect(await store.read((tx) => tx.requests.find("ada", "CreateModel", "r-2"))).toBeDefined();
    expect(await store.write((tx) => tx.requests.purge(5, 100))).toBe(3);
    expect(await store.write((tx) => tx.requests.purge(5, 100))).toBe(0);
    expect(await store.read((tx) => tx.requests.find("ada", "CreateModel", "r-5"))).toBeDefined();
  });
}
