import { expect } from "bun:test";
import type { Namespace } from "../../domain/entities.ts";
import { fails } from "./define.ts";
import type { Define } from "./define.ts";
import {
  aCheckpoint,
  aChunk,
  aLease,
  aModel,
  aNamespace,
  aTag,
  aVersion,
  aWorld,
  anArtifact,
  anEvent,
  anExperiment,
  aFile,
  digest,
  keyOf,
  nextTime,
} from "./fixtures.ts";

/** Named objects: what goes in comes out, names are unique within their parent, deleting takes what belongs. */
export function objectTests(define: Define): void {
  define("what goes in comes out", async (store) => {
    const { namespace, experiment, checkpoint, model, version } = await aWorld(store);
    const step = aCheckpoint(experiment, { step: -(2n ** 63n), epoch: 2n ** 63n - 1n });
    await store.write((tx) => tx.checkpoints.insert(step));
    await store.read(async (tx) => {
      expect(await tx.namespaces.get(namespace.id)).toEqual(namespace);
      expect(await tx.experiments.get(experiment.id)).toEqual(experiment);
      expect(await tx.checkpoints.get(checkpoint.id)).toEqual(checkpoint);
      expect(await tx.checkpoints.get(step.id)).toEqual(step);
      expect(await tx.models.get(model.id)).toEqual(model);
      expect(await tx.versions.get(version.id)).toEqual(version);
    });
  });

  define("what is not there is undefined", async (store) => {
    await store.read(async (tx) => {
      expect(await tx.namespaces.get("no such id")).toBeUndefined();
      expect(await tx.namespaces.get("0190a0a0-0000-7000-8000-000000000000")).toBeUndefined();
      expect(await tx.experiments.findByName("nowhere", "nothing")).toBeUndefined();
      expect(await tx.experiments.findByExternalId("nowhere", "")).toBeUndefined();
      expect(await tx.models.getMany(["a", "b"])).toEqual([]);
      expect(await tx.models.getMany([])).toEqual([]);
    });
  });

  define("names are found in their parent, and differ by case", async (store) => {
    const namespace = aNamespace({ name: "Lang" });
    const other = aNamespace({ name: "lang" });
    await store.write(async (tx) => {
      await tx.namespaces.insert(namespace);
      await tx.namespaces.insert(other);
      await tx.models.insert(aModel(namespace, { name: "lid" }));
      await tx.models.insert(aModel(namespace, { name: "LID" }));
      await tx.models.insert(aModel(other, { name: "lid" }));
    });
    await store.read(async (tx) => {
      expect((await tx.namespaces.findByName("", "Lang"))?.id).toBe(namespace.id);
      expect((await tx.namespaces.findByName("", "lang"))?.id).toBe(other.id);
      expect((await tx.models.findByName(namespace.id, "LID"))?.name).toBe("LID");
      expect((await tx.models.findByName(other.id, "lid"))?.namespaceId).toBe(other.id);
      expect(await tx.models.findByName(other.id, "LID")).toBeUndefined();
    });
  });

  define("a name that is taken is refused", async (store) => {
    const { namespace, experiment, model, version, checkpoint } = await aWorld(store);
    await fails(
      store.write((tx) => tx.namespaces.insert(aNamespace({ name: namespace.name }))),
      "already_exists",
    );
    await fails(
      store.write((tx) => tx.experiments.insert(anExperiment(namespace, { name: experiment.name }))),
      "already_exists",
    );
    await fails(
      store.write((tx) => tx.checkpoints.insert(aCheckpoint(experiment, { name: checkpoint.name }))),
      "already_exists",
    );
    await fails(
      store.write((tx) => tx.versions.insert(aVersion(model, { version: version.version }))),
      "already_exists",
    );
    const another = aModel(namespace);
    await store.write((tx) => tx.models.insert(another));
    const error = await fails(
      store.write((tx) => tx.models.update({ ...another, name: model.name, revision: 2 })),
      "already_exists",
    );
    expect(error.message).toContain(model.name);
  });

  define("external ids are unique in a namespace, unless empty", async (store) => {
    const { namespace } = await aWorld(store);
    const run = anExperiment(namespace, { externalId: "run-7" });
    await store.write((tx) => tx.experiments.insert(run));
    const error = await fails(
      store.write((tx) => tx.experiments.insert(anExperiment(namespace, { externalId: "run-7" }))),
      "already_exists",
    );
    expect(error.message).toContain("run-7");
    const other = aNamespace();
    await store.write(async (tx) => {
      await tx.namespaces.insert(other);
      await tx.experiments.insert(anExperiment(other, { externalId: "run-7" }));
      await tx.experiments.insert(anExperiment(other));
      await tx.experiments.insert(anExperiment(other));
    });
    expect(await store.read((tx) => tx.experiments.findByExternalId(namespace.id, "run-7"))).toEqual(run);
    await fails(
      store.write(async (tx) => {
        const second = anExperiment(namespace);
        await tx.experiments.insert(second);
        await tx.experiments.update({ ...second, externalId: "run-7", revision: 2 });
      }),
      "already_exists",
    );
  });

  define("an update replaces the revision before it, and no other", async (store) => {
    const { namespace } = await aWorld(store);
    const second: Namespace = { ...namespace, description: "new", revision: 2, updatedAt: nextTime() };
    await store.write((tx) => tx.namespaces.update(second));
    expect(await store.read((tx) => tx.namespaces.get(namespace.id))).toEqual(second);
    const error = await fails(
      store.write((tx) => tx.namespaces.update({ ...namespace, description: "late", revision: 2 })),
      "conflict",
    );
    expect(error.reason).toBe("STALE");
    expect(await store.read((tx) => tx.namespaces.get(namespace.id))).toEqual(second);
  });

  define("many are read at once", async (store) => {
    const { namespace } = await aWorld(store);
    const models = Array.from({ length: 300 }, () => aModel(namespace));
    await store.write(async (tx) => {
      for (const model of models) await tx.models.insert(model);
    });
    const ids = models.map((model) => model.id);
    const found = await store.read((tx) => tx.models.getMany([...ids, "nothing", ids[0] ?? ""]));
    expect(found.map((model) => model.id).toSorted()).toEqual(ids.toSorted());
  });

  define("an object without its parent, and a parent with children, are refused", async (store) => {
    const { namespace, experiment, model } = await aWorld(store);
    await fails(
      store.write((tx) => tx.models.insert(aModel(aNamespace()))),
      "failed_precondition",
    );
    await fails(
      store.write((tx) => tx.experiments.delete(experiment.id)),
      "failed_precondition",
    );
    await fails(
      store.write((tx) => tx.models.delete(model.id)),
      "failed_precondition",
    );
    await fails(
      store.write((tx) => tx.namespaces.delete(namespace.id)),
      "failed_precondition",
    );
  });

  define("deleting takes what belongs to the object, and nothing else", async (store) => {
    const { namespace, model, version } = await aWorld(store);
    const kept = aVersion(model);
    await store.write((tx) => tx.versions.insert(kept));
    const chunk = aChunk("bytes");
    for (const one of [version, kept]) {
      const key = keyOf("version", one);
      const artifact = anArtifact(key);
      await store.write(async (tx) => {
        await tx.labels.set(key, { env: "prod" });
        await tx.metrics.log(key, [{ key: "loss", step: 1n, wallTime: 1, value: 0.5 }]);
        await tx.events.insert([anEvent(key)]);
        await tx.tags.assign(aTag(one, { tag: `tag-${one.version}` }));
        await tx.leases.insert(aLease(key, { kind: "restore" }));
        await tx.chunks.insert(chunk);
        const file = aFile(artifact, "weights.bin", { digestState: "pending", sha256: "" });
        await tx.artifacts.insert(artifact, [
          { file, chunks: [{ digest: chunk.digest, offsetBytes: 0, sizeBytes: 10 }] },
        ]);
        await tx.lineage.add([
          {
            namespaceId: namespace.id,
            source: `model:${model.id}`,
            target: `version:${one.id}`,
            relation: "has",
            createdAt: 1,
          },
        ]);
      });
    }
    await store.write((tx) => tx.versions.delete(version.id));
    await store.read(async (tx) => {
      const ids = [version.id, kept.id];
      expect(await tx.versions.get(version.id)).toBeUndefined();
      expect([...(await tx.labels.getMany(ids)).keys()]).toEqual([kept.id]);
      expect([...(await tx.metrics.latestMany(ids, 10)).keys()]).toEqual([kept.id]);
      expect((await tx.artifacts.defaults(ids)).map((one) => one.objectId)).toEqual([kept.id]);
      expect((await tx.artifacts.pendingFiles(10)).length).toBe(1);
      expect((await tx.tags.forVersions(ids)).map((one) => one.versionId)).toEqual([kept.id]);
      expect(await tx.leases.active(version.id, "restore", 0)).toEqual([]);
      expect((await tx.leases.active(kept.id, "restore", 0)).length).toBe(1);
      const events = { orderBy: { field: "time", descending: true }, limit: 10 };
      expect((await tx.events.list({ scope: { type: "parent", id: version.id }, ...events })).items).toEqual(
        [],
      );
      expect((await tx.events.list({ scope: { type: "parent", id: kept.id }, ...events })).items.length).toBe(
        1,
      );
      expect((await tx.lineage.edges(namespace.id, [`model:${model.id}`], "descendants", 10)).length).toBe(2);
      expect(await tx.chunks.presentIn([digest("bytes")], "all")).toEqual(new Set([chunk.digest]));
    });
    await store.write(async (tx) => {
      await tx.versions.delete(kept.id);
      await tx.models.delete(model.id);
    });
    expect(await store.read((tx) => tx.chunks.presentIn([chunk.digest], "all"))).toEqual(new Set());
  });

  define("a name is free again after its object is deleted", async (store) => {
    const { namespace } = await aWorld(store);
    const first = aModel(namespace, { name: "again" });
    await store.write((tx) => tx.models.insert(first));
    await store.write((tx) => tx.models.delete(first.id));
    await store.write((tx) => tx.models.insert(aModel(namespace, { name: "again" })));
    expect((await store.read((tx) => tx.models.findByName(namespace.id, "again")))?.id).not.toBe(first.id);
  });
}
