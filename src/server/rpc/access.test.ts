import { expect, test } from "bun:test";
import { LineageDirection } from "../../gen/modelbox/v1/lineage_service_pb.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices, type TestServices } from "../../../test/support/rpc.ts";

/** Namespaces `open` and `closed`, each with an experiment and a model version; and a caller who may only read `open`. */
async function withReader(services: TestServices) {
  const { experiments, models, versions, checkpoints } = services.clients;
  const ids: Record<string, string> = {};
  for (const namespace of ["open", "closed"]) {
    const { experiment } = await experiments.createExperiment({ namespace, name: "e" });
    await checkpoints.createCheckpoint({ experiment: `${namespace}/e`, step: 1n });
    await models.createModel({ namespace, name: "m" });
    await versions.createModelVersion({ model: `${namespace}/m`, checkpoint: `${namespace}/e/latest` });
    ids[namespace] = experiment!.namespaceId;
    ids[`${namespace}/e`] = experiment!.id;
  }
  const reader = services.as({ actor: "reader", readable: [ids["open"]!], writable: [] });
  const writer = services.as({ actor: "writer", readable: [ids["open"]!], writable: [ids["open"]!] });
  return { ids, reader, writer };
}

test("what a caller may not read is not there", async () => {
  await using services = await openServices();
  const { ids, reader } = await withReader(services);
  expect((await reader.experiments.getExperiment({ experiment: "open/e" })).experiment?.path).toBe("open/e");
  const hidden = [
    reader.namespaces.getNamespace({ namespace: "closed" }),
    reader.namespaces.getNamespace({ namespace: ids["closed"]! }),
    reader.experiments.getExperiment({ experiment: "closed/e" }),
    reader.experiments.getExperiment({ experiment: ids["closed/e"]! }),
    reader.checkpoints.getCheckpoint({ checkpoint: "closed/e/latest" }),
    reader.models.getModel({ model: "closed/m" }),
    reader.versions.getModelVersion({ version: "closed/m@1" }),
    reader.labels.getLabels({ object: "namespace:closed" }),
    reader.metrics.getMetrics({ object: "version:closed/m@1" }),
    reader.events.listEvents({ object: "model:closed/m" }),
    reader.artifacts.listFiles({ object: "version:closed/m@1" }),
    reader.changes.listChanges({ namespace: "closed" }),
    reader.changes.listChanges({ namespace: ids["closed"]! }),
    reader.lineage.getLineage({ object: "experiment:closed/e" }),
    reader.checkpoints.listCheckpoints({ experiment: "closed/-" }),
  ];
  for (const call of hidden) expect((await failureOf(call)).code).toBe("not_found");
  expect((await reader.namespaces.listNamespaces({})).namespaces.map((one) => one.name)).toEqual(["open"]);
});

test("a reader changes nothing", async () => {
  await using services = await openServices();
  const { reader } = await withReader(services);
  const sequence = async () =>
    (await services.clients.changes.listChanges({ namespace: "open" })).lastSequence;
  const before = await sequence();
  const refused = [
    reader.namespaces.createNamespace({ name: "mine" }),
    reader.namespaces.updateNamespace({ namespace: "open", update: { owner: "me" } }),
    reader.namespaces.deleteNamespace({ namespace: "open", recursive: true }),
    reader.experiments.createExperiment({ namespace: "open", name: "x" }),
    reader.experiments.createExperiment({ namespace: "mine", name: "x" }),
    reader.experiments.updateExperiment({ experiment: "open/e", update: { owner: "me" } }),
    reader.experiments.deleteExperiment({ experiment: "open/e", recursive: true }),
    reader.checkpoints.createCheckpoint({ experiment: "open/e", step: 2n }),
    reader.checkpoints.deleteCheckpoint({ checkpoint: "open/e/step-1" }),
    reader.models.createModel({ namespace: "open", name: "x" }),
    reader.versions.createModelVersion({ model: "open/m" }),
    reader.versions.setUniqueTag({ version: "open/m@1", tag: "production" }),
    reader.labels.unsetLabels({ object: "model:open/m", keys: ["a"] }),
    reader.events.logEvents({ object: "model:open/m", events: [{ name: "deployed" }] }),
    reader.lineage.removeLineageEdges({
      namespace: "open",
      edges: [{ source: "dataset:x", target: "experiment:open/e", relation: "r" }],
    }),
  ];
  for (const call of refused) expect((await failureOf(call)).code).toBe("permission_denied");
  expect(await sequence()).toBe(before);
});

test("a writer of one namespace can't link or copy from another", async () => {
  await using services = await openServices();
  const { writer, ids } = await withReader(services);
  const copy = writer.versions.createModelVersion({ model: "open/m", checkpoint: "closed/e/latest" });
  expect((await failureOf(copy)).code).toBe("not_found");
  const edges = [
    { source: `experiment:${ids["closed/e"]}`, target: "experiment:open/e", relation: "warm_start" },
  ];
  expect((await failureOf(writer.lineage.addLineageEdges({ namespace: "open", edges }))).code).toBe(
    "not_found",
  );
  // Drawn by somebody who may read both; the writer sees the node, and not what it is called.
  await services.clients.lineage.addLineageEdges({ namespace: "open", edges });
  const graph = await writer.lineage.getLineage({
    object: "experiment:open/e",
    direction: LineageDirection.ANCESTORS,
  });
  expect(graph.nodes.map((one) => one.path)).toEqual(["open/e", ""]);
});
