import { describe, expect, test } from "bun:test";
import { LineageDirection } from "../../gen/modelbox/v1/lineage_service_pb.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices, type TestClients } from "../../../test/support/rpc.ts";

/** n/e with checkpoint step-1, and n/m@1 made from it. */
async function withVersion({ experiments, checkpoints, models, versions }: TestClients) {
  const { experiment } = await experiments.createExperiment({ namespace: "n", name: "e" });
  const { checkpoint } = await checkpoints.createCheckpoint({ experiment: "n/e", step: 1n });
  const { model } = await models.createModel({ namespace: "n", name: "m" });
  const { version } = await versions.createModelVersion({ model: "n/m", checkpoint: "n/e/step-1" });
  return { experiment: experiment!, checkpoint: checkpoint!, model: model!, version: version! };
}

describe("GetLineage", () => {
  test("shows what ModelBox knows by itself, nearest first, with the paths of now", async () => {
    await using services = await openServices();
    const { lineage, experiments } = services.clients;
    const { experiment, checkpoint, model, version } = await withVersion(services.clients);
    await experiments.updateExperiment({ experiment: "n/e", update: { name: "renamed" } });
    const graph = await lineage.getLineage({
      object: "version:n/m@1",
      direction: LineageDirection.ANCESTORS,
    });
    expect(graph.nodes.map((one) => one.distance)).toEqual([0, 1, 1, 2]);
    expect(graph.nodes[0]).toMatchObject({ node: `version:${version.id}`, path: "n/m@1" });
    expect(new Map(graph.nodes.map((one) => [one.node, one.path]))).toEqual(
      new Map([
        [`version:${version.id}`, "n/m@1"],
        [`checkpoint:${checkpoint.id}`, "n/renamed/step-1"],
        [`model:${model.id}`, "n/m"],
        [`experiment:${experiment.id}`, "n/renamed"],
      ]),
    );
    expect(graph.edges).toHaveLength(3);
    const down = await lineage.getLineage({
      object: `experiment:${experiment.id}`,
      direction: LineageDirection.DESCENDANTS,
      maxDepth: 1,
    });
    expect(down.nodes.map((one) => one.path)).toEqual(["n/renamed", "n/renamed/step-1"]);
    const both = await lineage.getLineage({ object: `checkpoint:${checkpoint.id}` });
    expect(both.nodes.map((one) => one.path).toSorted()).toEqual(["n/m@1", "n/renamed", "n/renamed/step-1"]);
    expect(both.truncated).toBe(false);
  });

  test("what is deleted stays in the graph, without a path", async () => {
    await using services = await openServices();
    const { lineage, checkpoints } = services.clients;
    const { checkpoint } = await withVersion(services.clients);
    await checkpoints.deleteCheckpoint({ checkpoint: checkpoint.id });
    const graph = await lineage.getLineage({
      object: "version:n/m@1",
      direction: LineageDirection.ANCESTORS,
    });
    expect(graph.nodes.find((one) => one.node === `checkpoint:${checkpoint.id}`)?.path).toBe("");
    expect(graph.nodes).toHaveLength(4);
  });

  test("begins at what is outside when the namespace is named", async () => {
    await using services = await openServices();
    const { lineage } = services.clients;
    await withVersion(services.clients);
    const source = "dataset:s3://data/common-voice";
    await lineage.addLineageEdges({
      namespace: "n",
      edges: [{ source, target: "experiment:n/e", relation: "trained_on" }],
    });
    const graph = await lineage.getLineage({ object: source, namespace: "n" });
    expect(graph.nodes.map((one) => one.path)).toEqual(["", "n/e", "n/e/step-1", "n/m@1"]);
    expect((await failureOf(lineage.getLineage({ object: source }))).fields).toEqual(["namespace"]);
    expect((await failureOf(lineage.getLineage({ object: "experiment:n/e", maxDepth: 101 }))).fields).toEqual(
      ["max_depth"],
    );
  });
});

describe("AddLineageEdges", () => {
  test("adds each once, with a change each", async () => {
    await using services = await openServices();
    const { lineage, changes } = services.clients;
    const { version } = await withVersion(services.clients);
    const before = (await changes.listChanges({ namespace: "n" })).lastSequence;
    const edges = [
      { source: "dataset:common-voice", target: "experiment:n/e", relation: "trained_on" },
      { source: `version:${version.id}`, target: "deployment:eu-1", relation: "deployed_to" },
    ];
    const added = await lineage.addLineageEdges({ namespace: "n", edges });
    const again = await lineage.addLineageEdges({ namespace: "n", edges });
    expect(again.edges).toEqual(added.edges);
    const log = await changes.listChanges({ namespace: "n", afterSequence: before });
    expect(log.changes.map((one) => one.objectPath)).toEqual(["n/e", "n/m@1"]);
  });

  test("refuses a cycle among objects, also within one call, and adds nothing", async () => {
    await using services = await openServices();
    const { lineage, experiments } = services.clients;
    await withVersion(services.clients);
    for (const name of ["a", "b", "c"]) await experiments.createExperiment({ namespace: "n", name });
    const edge = (source: string, target: string) => ({ source, target, relation: "warm_start" });
    const add = (...edges: ReturnType<typeof edge>[]) => lineage.addLineageEdges({ namespace: "n", edges });
    const back = await failureOf(add(edge("version:n/m@1", "experiment:n/e")));
    expect(back).toMatchObject({ code: "invalid_argument", fields: ["edges[0]"] });
    const inCall = [
      edge("experiment:n/a", "experiment:n/b"),
      edge("experiment:n/b", "experiment:n/c"),
      edge("experiment:n/c", "experiment:n/a"),
    ];
    expect((await failureOf(add(...inCall))).code).toBe("invalid_argument");
    expect((await lineage.getLineage({ object: "experiment:n/a" })).edges).toEqual([]);
    expect((await failureOf(add(edge("experiment:n/a", "experiment:n/a")))).fields).toEqual(["edges[0]"]);
    await add(...inCall.slice(0, 2));
    // The world outside may come round.
    await add(edge("version:n/m@1", "deployment:prod"), edge("dataset:logs", "experiment:n/e"));
    await add(edge("experiment:n/c", "dataset:logs"), edge("dataset:logs", "experiment:n/a"));
  });

  test("refuses edges without an object of the namespace, and wrong nodes", async () => {
    await using services = await openServices();
    const { lineage, experiments } = services.clients;
    await withVersion(services.clients);
    await experiments.createExperiment({ namespace: "other", name: "e" });
    const fields = async (source: string, target: string, relation = "r") =>
      (await failureOf(lineage.addLineageEdges({ namespace: "n", edges: [{ source, target, relation }] })))
        .fields;
    expect(await fields("dataset:a", "dataset:b")).toEqual(["edges[0]"]);
    expect(await fields("dataset:a", "experiment:other/e")).toEqual(["edges[0]"]);
    expect(await fields("dataset:", "experiment:n/e")).toEqual(["edges[0].source"]);
    expect(await fields("dataset:https://user:secret@host/x", "experiment:n/e")).toEqual(["edges[0].source"]);
    expect(await fields("nothing:x", "experiment:n/e")).toEqual(["edges[0].source"]);
    expect(await fields("artifact:0197c0de-0000-7000-8000-000000000000", "experiment:n/e")).toEqual([
      "edges[0].source",
    ]);
    expect(await fields("dataset:a", "experiment:n/e", "two words")).toEqual(["edges[0].relation"]);
    await lineage.addLineageEdges({
      namespace: "n",
      edges: [{ source: "experiment:other/e", target: "experiment:n/e", relation: "warm_start" }],
    });
    const graph = await lineage.getLineage({
      object: "experiment:n/e",
      direction: LineageDirection.ANCESTORS,
    });
    expect(graph.nodes.map((one) => one.path)).toEqual(["n/e", "other/e"]);
  });
});

test("removes edges that were added, and not those that objects imply", async () => {
  await using services = await openServices();
  const { lineage } = services.clients;
  const { experiment, checkpoint, version } = await withVersion(services.clients);
  const edges = [{ source: "dataset:a", target: "experiment:n/e", relation: "trained_on" }];
  await lineage.addLineageEdges({ namespace: "n", edges });
  expect((await lineage.removeLineageEdges({ namespace: "n", edges })).removedCount).toBe(1n);
  expect((await lineage.removeLineageEdges({ namespace: "n", edges })).removedCount).toBe(0n);
  const implied = [
    { source: `experiment:${experiment.id}`, target: `checkpoint:${checkpoint.id}`, relation: "produced" },
    { source: "checkpoint:n/e/step-1", target: `version:${version.id}`, relation: "produced" },
    { source: "model:n/m", target: "version:n/m@1", relation: "has_version" },
  ];
  for (const edge of implied) {
    const failure = await failureOf(lineage.removeLineageEdges({ namespace: "n", edges: [edge] }));
    expect(failure).toMatchObject({ code: "failed_precondition", reason: "IMPLIED_EDGE" });
  }
});
