import { describe, expect, test } from "bun:test";
import { fromJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { createConnectRouter } from "@connectrpc/connect";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices, type TestClients } from "../../../test/support/rpc.ts";
import { LeaseKind } from "../../gen/modelbox/v1/lease_service_pb.ts";
import type { RpcApp } from "./app.ts";
import { registerServices } from "./index.ts";

const label = (text: string) => ({ env: fromJson(ValueSchema, text) });
const point = (step: bigint) => ({
  key: "loss",
  step,
  value: { value: { case: "number" as const, value: 1 } },
});
const edge = (name: string) => ({
  source: `dataset:${name}`,
  target: "experiment:n/e",
  relation: "trained_on",
});

/** Each call that takes a request id; `text` makes two different requests of it. */
const calls: Record<string, (clients: TestClients, requestId: string, text: string) => Promise<unknown>> = {
  CreateNamespace: ({ namespaces }, requestId, name) => namespaces.createNamespace({ name, requestId }),
  UpdateNamespace: ({ namespaces }, requestId, description) =>
    namespaces.updateNamespace({ namespace: "n", update: { description }, requestId }),
  DeleteNamespace: ({ namespaces }, requestId, namespace) =>
    namespaces.deleteNamespace({ namespace, requestId }),
  CreateExperiment: ({ experiments }, requestId, name) =>
    experiments.createExperiment({ namespace: "n", name, requestId }),
  UpdateExperiment: ({ experiments }, requestId, description) =>
    experiments.updateExperiment({ experiment: "n/e", update: { description }, requestId }),
  DeleteExperiment: ({ experiments }, requestId, name) =>
    experiments.deleteExperiment({ experiment: `n/${name}`, requestId }),
  CreateCheckpoint: ({ checkpoints }, requestId, name) =>
    checkpoints.createCheckpoint({ experiment: "n/e", name, requestId }),
  UpdateCheckpoint: ({ checkpoints }, requestId, name) =>
    checkpoints.updateCheckpoint({ checkpoint: "n/e/step-1", update: { name }, requestId }),
  DeleteCheckpoint: ({ checkpoints }, requestId, name) =>
    checkpoints.deleteCheckpoint({ checkpoint: `n/e/${name}`, requestId }),
  CreateModel: ({ models }, requestId, name) => models.createModel({ namespace: "n", name, requestId }),
  UpdateModel: ({ models }, requestId, description) =>
    models.updateModel({ model: "n/m", update: { description }, requestId }),
  DeleteModel: ({ models }, requestId, name) => models.deleteModel({ model: `n/${name}`, requestId }),
  "CreateModelVersion without a version": ({ versions }, requestId, description) =>
    versions.createModelVersion({ model: "n/m", description, requestId }),
  UpdateModelVersion: ({ versions }, requestId, description) =>
    versions.updateModelVersion({ version: "n/m@1", update: { description }, requestId }),
  DeleteModelVersion: ({ versions }, requestId, name) =>
    versions.deleteModelVersion({ version: `n/m@${name}`, requestId }),
  SetUniqueTag: ({ versions }, requestId, tag) => versions.setUniqueTag({ version: "n/m@1", tag, requestId }),
  RemoveUniqueTag: ({ versions }, requestId, tag) =>
    versions.removeUniqueTag({ model: "n/m", tag: `t-${tag}`, requestId }),
  SetLabels: ({ labels }, requestId, text) =>
    labels.setLabels({ object: "model:n/m", labels: label(text), requestId }),
  UnsetLabels: ({ labels }, requestId, text) =>
    labels.unsetLabels({ object: "model:n/m", keys: [text], requestId }),
  LogMetrics: ({ metrics }, requestId, text) =>
    metrics.logMetrics({ object: "model:n/m", points: [point(BigInt(text.length))], requestId }),
  LogEvents: ({ events }, requestId, name) =>
    events.logEvents({ object: "model:n/m", events: [{ name }], requestId }),
  AddLineageEdges: ({ lineage }, requestId, name) =>
    lineage.addLineageEdges({ namespace: "n", edges: [edge(name)], requestId }),
  RemoveLineageEdges: ({ lineage }, requestId, name) =>
    lineage.removeLineageEdges({ namespace: "n", edges: [edge(`d-${name}`)], requestId }),
  AcquireLease: ({ leases }, requestId, holder) =>
    leases.acquireLease({ kind: LeaseKind.RUN, object: "experiment:n/e", holder, requestId }),
};

/** For a router whose methods are looked at, and not called. */
const neverCalled = {} as RpcApp;

/** What the calls work on. */
async function prepare({ experiments, checkpoints, models, versions, lineage }: TestClients): Promise<void> {
  await experiments.createExperiment({ namespace: "n", name: "e" });
  await checkpoints.createCheckpoint({ experiment: "n/e", step: 1n });
  await models.createModel({ namespace: "n", name: "m" });
  await versions.createModelVersion({ model: "n/m", tags: ["t-one", "t-three"] });
  await lineage.addLineageEdges({ namespace: "n", edges: [edge("d-one"), edge("d-three")] });
}

/** Objects to delete. */
async function addVictims({
  namespaces,
  experiments,
  checkpoints,
  models,
  versions,
}: TestClients): Promise<void> {
  for (const name of ["one", "three"]) {
    await namespaces.createNamespace({ name });
    await experiments.createExperiment({ namespace: "n", name });
    await checkpoints.createCheckpoint({ experiment: "n/e", name });
    await models.createModel({ namespace: "n", name });
    await versions.createModelVersion({ model: "n/m", version: name });
  }
}

describe("a request id makes a retry return the first answer, and do nothing", () => {
  for (const [name, call] of Object.entries(calls)) {
    test(name, async () => {
      await using services = await openServices();
      const { clients } = services;
      await prepare(clients);
      if (name.startsWith("Delete")) await addVictims(clients);
      const sequence = async () => (await clients.changes.listChanges({ namespace: "n" })).lastSequence;
      const first = await call(clients, "request-1", "one");
      const after = await sequence();
      services.clock.advanceMs(1_000);
      expect(await call(clients, "request-1", "one")).toEqual(first);
      expect(await sequence()).toBe(after);
      const reused = await failureOf(call(clients, "request-1", "three"));
      expect(reused).toMatchObject({ code: "failed_precondition", reason: "REQUEST_ID_REUSED" });
    });
  }

  test("every call that has the field is here, or where files are", () => {
    const named = Object.keys(calls).map((name) => name.split(" ")[0] ?? "");
    const elsewhere = ["BeginUpload", "CommitArtifact", "TrackArtifact", "DeleteArtifact"];
    const router = createConnectRouter();
    registerServices(router, neverCalled);
    const wanted = router.handlers
      .map((one) => one.method)
      .filter((method) => method.input.field["requestId"]);
    expect(wanted.map((method) => method.name).toSorted()).toEqual([...named, ...elsewhere].toSorted());
  });

  test("belongs to one actor", async () => {
    await using services = await openServices();
    const ada = services.as({ actor: "ada", readable: "all", writable: "all" });
    await services.clients.models.createModel({ namespace: "n", name: "m" });
    const request = { model: "n/m", requestId: "same" };
    const mine = await services.clients.versions.createModelVersion(request);
    const hers = await ada.versions.createModelVersion(request);
    expect([mine.version?.version, hers.version?.version]).toEqual(["1", "2"]);
  });

  test("16 retries at once do the work once", async () => {
    await using services = await openServices();
    const { models, versions } = services.clients;
    await models.createModel({ namespace: "n", name: "m" });
    const request = { model: "n/m", requestId: "same" };
    const answers = await Promise.all(Array.from({ length: 16 }, () => versions.createModelVersion(request)));
    expect(new Set(answers.map((one) => one.version?.id)).size).toBe(1);
    expect(answers.every((one) => !one.exists)).toBe(true);
  });
});
