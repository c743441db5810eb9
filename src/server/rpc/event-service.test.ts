import { expect, test } from "bun:test";
import { ChangeAction } from "../../gen/modelbox/v1/change_service_pb.ts";
import { LeaseKind } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { ObjectKind } from "../../gen/modelbox/v1/common_pb.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices } from "../../../test/support/rpc.ts";

const object = "model:n/m";

test("stores events in the order of the request, each with a change", async () => {
  await using services = await openServices();
  const { events, models, changes } = services.clients;
  const { model } = await models.createModel({ namespace: "n", name: "m" });
  const time = { seconds: 1_700_000_000n, nanos: 5_000 };
  const data = { cluster: "eu-1", replicas: 3, flags: [true, null] };
  const logged = await events.logEvents({
    object,
    events: [
      { name: "deployed", source: "argo-cd", time, data },
      { name: "scaled", source: "argo-cd" },
    ],
  });
  expect(logged.events).toMatchObject([
    { name: "deployed", objectKind: ObjectKind.MODEL, objectId: model!.id, time, data },
    { name: "scaled", data: {} },
  ]);
  const log = await changes.listChanges({ namespace: "n", afterSequence: 2n });
  expect(log.changes.map((one) => [one.action, one.state.value?.$typeName])).toEqual([
    [ChangeAction.EVENT_LOGGED, "modelbox.v1.Event"],
    [ChangeAction.EVENT_LOGGED, "modelbox.v1.Event"],
  ]);
});

test("a trainer that has lost its run stores none", async () => {
  await using services = await openServices();
  const { events, experiments, leases } = services.clients;
  await experiments.createExperiment({ namespace: "n", name: "e" });
  const experiment = "experiment:n/e";
  const take = async (holder: string) => {
    const wanted = { kind: LeaseKind.RUN, object: experiment, holder, takeOver: true };
    const { lease } = await leases.acquireLease(wanted);
    return { leaseId: lease!.id, fencingNumber: lease!.fencingNumber };
  };
  const first = await take("a");
  const log = (fence: typeof first) =>
    events.logEvents({ object: experiment, events: [{ name: "started" }], fence });
  await log(first);
  const second = await take("b");
  expect(await failureOf(log(first))).toMatchObject({ code: "aborted", reason: "FENCED" });
  await log(second);
  expect((await events.listEvents({ object: experiment })).events).toHaveLength(2);
});

test("a fence is for experiments and their checkpoints", async () => {
  await using services = await openServices();
  const { events, models } = services.clients;
  await models.createModel({ namespace: "n", name: "m" });
  const fence = { leaseId: "0197c0de-0000-7000-8000-000000000000", fencingNumber: 1n };
  const failure = await failureOf(events.logEvents({ object, events: [{ name: "deployed" }], fence }));
  expect(failure.fields).toEqual(["fence"]);
});

test("lists the newest first, by filter", async () => {
  await using services = await openServices();
  const { events, models } = services.clients;
  await models.createModel({ namespace: "n", name: "m" });
  const at = (seconds: bigint, name: string) => ({ name, source: "ci", time: { seconds, nanos: 0 } });
  await events.logEvents({ object, events: [at(10n, "b"), at(30n, "a"), at(20n, "b")] });
  const seconds = async (query: { filter?: string; orderBy?: string }) =>
    (await events.listEvents({ object, ...query })).events.map((one) => one.time!.seconds);
  expect(await seconds({})).toEqual([30n, 20n, 10n]);
  expect(await seconds({ orderBy: "time" })).toEqual([10n, 20n, 30n]);
  expect(await seconds({ filter: 'name = "b"' })).toEqual([20n, 10n]);
});

test("refuses wrong events and stores none of them", async () => {
  await using services = await openServices();
  const { events, models } = services.clients;
  await models.createModel({ namespace: "n", name: "m" });
  const failure = await failureOf(
    events.logEvents({
      object,
      events: [{ name: "fine" }, { name: "not fine" }, { name: "big", data: { text: "x".repeat(70_000) } }],
    }),
  );
  expect(failure.fields).toEqual(["events[1].name", "events[2].data"]);
  expect((await failureOf(events.logEvents({ object, events: [] }))).fields).toEqual(["events"]);
  expect((await events.listEvents({ object })).events).toEqual([]);
});
