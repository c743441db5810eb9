import { describe, expect, test } from "bun:test";
import { LeaseKind } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices } from "../../../test/support/rpc.ts";

const request = {
  namespace: "langtech",
  name: "wav2vec-lid",
  owner: "your@email.com",
  externalId: "run-7",
  framework: "pytorch",
  description: "language identification",
};

describe("CreateExperiment", () => {
  test("creates the namespace on first use, for the same owner", async () => {
    await using services = await openServices();
    const { experiments, namespaces } = services.clients;
    const { experiment, exists } = await experiments.createExperiment(request);
    expect(exists).toBe(false);
    const { namespace: _namespace, ...fields } = request;
    expect(experiment).toMatchObject({ ...fields, path: "langtech/wav2vec-lid", latestCheckpointId: "" });
    const { namespace } = await namespaces.getNamespace({ namespace: "langtech" });
    expect(namespace).toMatchObject({ id: experiment!.namespaceId, owner: "your@email.com" });
    const explicit = await namespaces.createNamespace({ name: "langtech", owner: "your@email.com" });
    expect(explicit.exists).toBe(true);
  });

  test("does not create a namespace for an id that is not there", async () => {
    await using services = await openServices();
    const { experiments, namespaces } = services.clients;
    const namespace = "0197c0de-0000-7000-8000-000000000000";
    expect(await failureOf(experiments.createExperiment({ namespace, name: "e" }))).toMatchObject({
      code: "not_found",
    });
    expect((await namespaces.listNamespaces({})).namespaces).toEqual([]);
  });

  test("16 at once: one creates, the others get it", async () => {
    await using services = await openServices();
    const { experiments, namespaces } = services.clients;
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => experiments.createExperiment(request)),
    );
    expect(answers.filter((one) => !one.exists)).toHaveLength(1);
    expect(new Set(answers.map((one) => one.experiment?.id)).size).toBe(1);
    expect((await namespaces.listNamespaces({})).namespaces).toHaveLength(1);
  });

  test("a run id belongs to one experiment of a namespace", async () => {
    await using services = await openServices();
    const { experiments } = services.clients;
    await experiments.createExperiment(request);
    const failure = await failureOf(experiments.createExperiment({ ...request, name: "other" }));
    expect(failure).toMatchObject({ code: "already_exists", reason: "EXTERNAL_ID_TAKEN" });
    expect(failure.message).toContain('"langtech/wav2vec-lid"');
    expect((await experiments.createExperiment({ ...request, namespace: "elsewhere" })).exists).toBe(false);
    const { experiment } = await experiments.createExperiment({ ...request, name: "third", externalId: "" });
    const update = experiments.updateExperiment({
      experiment: experiment!.id,
      update: { externalId: "run-7" },
    });
    expect((await failureOf(update)).reason).toBe("EXTERNAL_ID_TAKEN");
  });

  test("says which fields differ", async () => {
    await using services = await openServices();
    const { experiments } = services.clients;
    await experiments.createExperiment(request);
    const failure = await failureOf(
      experiments.createExperiment({ ...request, owner: "x", framework: "jax" }),
    );
    expect(failure.message).toContain("exists already with a different owner and framework;");
  });
});

describe("GetExperiment", () => {
  test("by id, by path, and by namespace id and name", async () => {
    await using services = await openServices();
    const { experiments } = services.clients;
    const { experiment } = await experiments.createExperiment(request);
    const { id, namespaceId } = experiment!;
    for (const name of [id, "langtech/wav2vec-lid", `${namespaceId}/wav2vec-lid`]) {
      expect((await experiments.getExperiment({ experiment: name })).experiment?.id).toBe(id);
    }
  });

  test("says which part is missing", async () => {
    await using services = await openServices();
    const { experiments } = services.clients;
    await experiments.createExperiment(request);
    const noNamespace = await failureOf(experiments.getExperiment({ experiment: "nope/x" }));
    expect(noNamespace).toMatchObject({ code: "not_found", metadata: { kind: "namespace", name: "nope" } });
    const noExperiment = await failureOf(experiments.getExperiment({ experiment: "langtech/x" }));
    expect(noExperiment.message).toBe(
      'There is no experiment "x" in namespace "langtech"; `modelbox client experiments list --project langtech` lists them.',
    );
  });

  for (const experiment of [
    "",
    "x",
    "a/b/c",
    "a//b",
    "/a/b",
    "a/../b",
    "a/%2e%2e",
    "a/b#c",
    "a\\b",
    "a/b@3",
    "x/".repeat(5_000),
  ]) {
    test(`refuses the path ${JSON.stringify(experiment.slice(0, 20))}`, async () => {
      await using services = await openServices();
      const failure = await failureOf(services.clients.experiments.getExperiment({ experiment }));
      expect(failure).toMatchObject({ code: "invalid_argument", fields: ["experiment"] });
      expect(failure.message.length).toBeLessThan(300);
    });
  }
});

test("renaming keeps id, content and links", async () => {
  await using services = await openServices();
  const { experiments, checkpoints } = services.clients;
  const { experiment } = await experiments.createExperiment(request);
  const { checkpoint } = await checkpoints.createCheckpoint({ experiment: "langtech/wav2vec-lid", step: 3n });
  const renamed = await experiments.updateExperiment({
    experiment: "langtech/wav2vec-lid",
    update: { name: "lid" },
  });
  expect(renamed.experiment).toMatchObject({ id: experiment!.id, path: "langtech/lid" });
  const found = await checkpoints.getCheckpoint({ checkpoint: "langtech/lid/latest" });
  expect(found.checkpoint).toMatchObject({ id: checkpoint!.id, path: "langtech/lid/step-3" });
});

test("lists the experiments of one namespace by filter and order", async () => {
  await using services = await openServices();
  const { experiments, metrics } = services.clients;
  for (const name of ["a", "b", "c"]) {
    await experiments.createExperiment({ namespace: "n", name, framework: name === "b" ? "jax" : "pytorch" });
    const number = { a: 0.3, b: 0.1, c: 0.2 }[name]!;
    const point = { key: "loss", step: 1n, value: { value: { case: "number" as const, value: number } } };
    await metrics.logMetrics({ object: `experiment:n/${name}`, points: [point] });
  }
  await experiments.createExperiment({ namespace: "other", name: "d" });
  const names = async (query: { filter?: string; orderBy?: string }) =>
    (await experiments.listExperiments({ namespace: "n", ...query })).experiments.map((one) => one.name);
  expect(await names({})).toEqual(["c", "b", "a"]);
  expect(await names({ orderBy: "name" })).toEqual(["a", "b", "c"]);
  expect(await names({ orderBy: "metrics.loss" })).toEqual(["b", "c", "a"]);
  expect(await names({ orderBy: "metrics.loss desc" })).toEqual(["a", "c", "b"]);
  expect(await names({ filter: 'framework = "pytorch" AND metrics.loss < 0.25' })).toEqual(["c"]);
  expect(await failureOf(names({ orderBy: "color" }))).toMatchObject({ fields: ["order_by"] });
  expect(await failureOf(names({ filter: "name = = 3" }))).toMatchObject({ code: "invalid_argument" });
});

describe("DeleteExperiment", () => {
  test("needs recursive for one with checkpoints", async () => {
    await using services = await openServices();
    const { experiments, checkpoints } = services.clients;
    await experiments.createExperiment(request);
    await checkpoints.createCheckpoint({ experiment: "langtech/wav2vec-lid", step: 1n });
    const refused = await failureOf(experiments.deleteExperiment({ experiment: "langtech/wav2vec-lid" }));
    expect(refused).toMatchObject({ code: "failed_precondition", reason: "NOT_EMPTY" });
    await experiments.deleteExperiment({ experiment: "langtech/wav2vec-lid", recursive: true });
    expect((await experiments.createExperiment(request)).exists).toBe(false);
  });

  test("is refused while a run or a restore holds a part of it", async () => {
    await using services = await openServices();
    const { experiments, checkpoints, leases } = services.clients;
    const { experiment } = await experiments.createExperiment(request);
    const { checkpoint } = await checkpoints.createCheckpoint({ experiment: experiment!.id, step: 1n });
    const remove = { experiment: experiment!.id, recursive: true };
    const run = await leases.acquireLease({
      kind: LeaseKind.RUN,
      object: `experiment:${experiment!.id}`,
      holder: "gpu-1",
    });
    const held = await failureOf(experiments.deleteExperiment(remove));
    expect(held).toMatchObject({
      code: "failed_precondition",
      reason: "LEASED",
      metadata: { holder: "gpu-1" },
    });
    await leases.releaseLease({ leaseId: run.lease!.id });
    await leases.acquireLease({
      kind: LeaseKind.RESTORE,
      object: `checkpoint:${checkpoint!.id}`,
      holder: "gpu-2",
    });
    expect((await failureOf(experiments.deleteExperiment(remove))).metadata).toMatchObject({
      holder: "gpu-2",
      path: "langtech/wav2vec-lid/step-1",
    });
    services.clock.advanceMs(61_000);
    await experiments.deleteExperiment(remove);
  });
});
