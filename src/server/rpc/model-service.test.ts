import { expect, test } from "bun:test";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices } from "../../../test/support/rpc.ts";

const request = { namespace: "langtech", name: "lid", owner: "your@email.com", task: "lang-id" };

test("creates a model, on first use its namespace too, and answers a repeat with it", async () => {
  await using services = await openServices();
  const { models } = services.clients;
  const { model, exists } = await models.createModel(request);
  expect(exists).toBe(false);
  expect(model).toMatchObject({ path: "langtech/lid", task: "lang-id", latestVersion: "", tags: {} });
  expect(await models.createModel(request)).toMatchObject({ exists: true, model: { id: model!.id } });
  const other = await failureOf(models.createModel({ ...request, task: "asr" }));
  expect(other).toMatchObject({ code: "already_exists" });
  expect(other.message).toContain("a different task");
});

test("an experiment may have the same name as a model", async () => {
  await using services = await openServices();
  const { models, experiments } = services.clients;
  await experiments.createExperiment({ namespace: "langtech", name: "lid" });
  expect((await models.createModel(request)).exists).toBe(false);
});

test("links the experiment that it comes from", async () => {
  await using services = await openServices();
  const { models, experiments, lineage, changes } = services.clients;
  const { experiment } = await experiments.createExperiment({ namespace: "langtech", name: "e" });
  const { model } = await models.createModel({ ...request, experiment: "langtech/e" });
  const graph = await lineage.getLineage({ object: "model:langtech/lid" });
  expect(graph.edges).toMatchObject([
    { source: `experiment:${experiment!.id}`, target: `model:${model!.id}` },
  ]);
  const log = await changes.listChanges({ namespace: "langtech" });
  expect(log.changes.at(-1)).toMatchObject({ objectPath: "langtech/lid", state: { case: "edge" } });
  // The same experiment by its id is the same request.
  expect((await models.createModel({ ...request, experiment: experiment!.id })).exists).toBe(true);
  const missing = await failureOf(models.createModel({ ...request, name: "x", experiment: "langtech/none" }));
  expect(missing).toMatchObject({ code: "not_found", metadata: { kind: "experiment" } });
});

test("lists, updates and deletes", async () => {
  await using services = await openServices();
  const { models, versions } = services.clients;
  await models.createModel(request);
  await models.createModel({ ...request, name: "asr", task: "asr" });
  const listed = await models.listModels({ namespace: "langtech", filter: 'task = "asr"' });
  expect(listed.models.map((one) => one.name)).toEqual(["asr"]);
  const renamed = await models.updateModel({
    model: "langtech/asr",
    update: { name: "whisper", task: "speech" },
  });
  expect(renamed.model).toMatchObject({ path: "langtech/whisper", task: "speech", owner: "your@email.com" });
  await versions.createModelVersion({ model: "langtech/whisper" });
  expect((await failureOf(models.deleteModel({ model: "langtech/whisper" }))).reason).toBe("NOT_EMPTY");
  await models.deleteModel({ model: "langtech/whisper", recursive: true });
  expect((await failureOf(models.getModel({ model: "langtech/whisper" }))).code).toBe("not_found");
});
