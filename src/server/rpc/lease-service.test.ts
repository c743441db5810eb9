import { expect, test } from "bun:test";
import { LeaseKind } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices, type TestClients } from "../../../test/support/rpc.ts";

const run = { kind: LeaseKind.RUN, object: "experiment:n/e" };

async function withExperiment({ experiments, checkpoints }: TestClients): Promise<void> {
  await experiments.createExperiment({ namespace: "n", name: "e" });
  await checkpoints.createCheckpoint({ experiment: "n/e", step: 1n });
}

test("one trainer per experiment; fencing numbers grow", async () => {
  await using services = await openServices();
  const { leases, changes } = services.clients;
  await withExperiment(services.clients);
  const first = (await leases.acquireLease({ ...run, holder: "a" })).lease!;
  expect(first).toMatchObject({ kind: LeaseKind.RUN, holder: "a", ttl: { seconds: 60n } });
  const refused = await failureOf(leases.acquireLease({ ...run, holder: "b" }));
  expect(refused).toMatchObject({
    code: "failed_precondition",
    reason: "LEASE_HELD",
    metadata: { holder: "a" },
  });
  const again = (await leases.acquireLease({ ...run, holder: "a" })).lease!;
  const taken = (await leases.acquireLease({ ...run, holder: "b", takeOver: true })).lease!;
  expect([again.fencingNumber, taken.fencingNumber]).toEqual([
    first.fencingNumber + 1n,
    first.fencingNumber + 2n,
  ]);
  expect(await failureOf(leases.renewLease({ leaseId: again.id }))).toMatchObject({
    code: "failed_precondition",
    reason: "LEASE_ENDED",
  });
  await leases.releaseLease({ leaseId: taken.id });
  await leases.releaseLease({ leaseId: taken.id });
  expect((await leases.acquireLease({ ...run, holder: "c" })).lease?.fencingNumber).toBe(
    taken.fencingNumber + 1n,
  );
  const log = await changes.listChanges({ namespace: "n" });
  const holders = log.changes.flatMap((one) => (one.state.case === "lease" ? [one.state.value.holder] : []));
  expect(holders).toEqual(["a", "a", "a", "a", "b", "b", "c"]);
});

test("a run lease tells who wrote last before it, and not who only held it", async () => {
  await using services = await openServices();
  const { leases, checkpoints, metrics, events } = services.clients;
  await withExperiment(services.clients);
  const take = async () => (await leases.acquireLease({ ...run, holder: "a" })).lease!;
  const fenceOf = ({ id, fencingNumber }: { id: string; fencingNumber: bigint }) => ({
    leaseId: id,
    fencingNumber,
  });
  let step = 1n;
  const writes: ((lease: { id: string; fencingNumber: bigint }) => Promise<unknown>)[] = [
    (lease) => checkpoints.createCheckpoint({ experiment: "n/e", step: (step += 1n), fence: fenceOf(lease) }),
    (lease) =>
      metrics.logMetrics({
        object: "experiment:n/e",
        points: [{ key: "loss", step: 1n, value: { value: { case: "number", value: 1 } } }],
        fence: fenceOf(lease),
      }),
    (lease) =>
      events.logEvents({ object: "experiment:n/e", events: [{ name: "started" }], fence: fenceOf(lease) }),
  ];
  let before = 0n;
  for (const write of writes) {
    const writer = await take();
    expect(writer.previousWriter).toBe(before);
    await write(writer);
    await write(writer);
    const idle = await take();
    expect(idle.previousWriter).toBe(writer.fencingNumber);
    expect((await failureOf(write(writer))).reason).toBe("FENCED");
    before = writer.fencingNumber;
  }
  const last = await take();
  expect(last.previousWriter).toBe(before);
  expect((await leases.getLease({ leaseId: last.id })).lease?.previousWriter).toBe(before);
});

test("16 trainers at once: one gets it", async () => {
  await using services = await openServices();
  const { leases } = services.clients;
  await withExperiment(services.clients);
  const calls = Array.from({ length: 16 }, (_, index) =>
    leases.acquireLease({ ...run, holder: `gpu-${index}` }),
  );
  const results = await Promise.allSettled(calls);
  expect(results.filter((one) => one.status === "fulfilled")).toHaveLength(1);
});

test("a lease ends by itself, and lives longer when it is renewed", async () => {
  await using services = await openServices();
  const { leases } = services.clients;
  await withExperiment(services.clients);
  const { lease } = await leases.acquireLease({ ...run, holder: "a", ttl: { seconds: 10n } });
  services.clock.advanceMs(9_000);
  const renewed = (await leases.renewLease({ leaseId: lease!.id })).lease!;
  expect(renewed.expiresAt!.seconds).toBeGreaterThan(lease!.expiresAt!.seconds);
  expect(renewed.ttl?.seconds).toBe(10n);
  expect((await leases.renewLease({ leaseId: lease!.id, ttl: { seconds: 30n } })).lease?.ttl?.seconds).toBe(
    30n,
  );
  services.clock.advanceMs(31_000);
  expect((await failureOf(leases.renewLease({ leaseId: lease!.id }))).reason).toBe("LEASE_ENDED");
  await leases.acquireLease({ ...run, holder: "b" });
});

test("many may restore one checkpoint at once", async () => {
  await using services = await openServices();
  const { leases, checkpoints } = services.clients;
  await withExperiment(services.clients);
  const restore = { kind: LeaseKind.RESTORE, object: "checkpoint:n/e/latest" };
  const one = (await leases.acquireLease({ ...restore, holder: "a" })).lease!;
  const two = (await leases.acquireLease({ ...restore, holder: "b" })).lease!;
  expect([one.fencingNumber, two.fencingNumber]).toEqual([0n, 0n]);
  const remove = { checkpoint: "n/e/latest" };
  await leases.releaseLease({ leaseId: one.id });
  expect((await failureOf(checkpoints.deleteCheckpoint(remove))).reason).toBe("LEASED");
  await leases.releaseLease({ leaseId: two.id });
  await checkpoints.deleteCheckpoint(remove);
});

test("refuses what does not fit", async () => {
  await using services = await openServices();
  const { leases } = services.clients;
  await withExperiment(services.clients);
  const fields = async (request: Parameters<typeof leases.acquireLease>[0]) =>
    (await failureOf(leases.acquireLease(request))).fields;
  expect(await fields({ ...run, object: "checkpoint:n/e/step-1" })).toEqual(["object"]);
  expect(await fields({ ...run, kind: LeaseKind.RESTORE })).toEqual(["object"]);
  expect(await fields({ ...run, kind: LeaseKind.UPLOAD })).toEqual(["kind"]);
  expect(await fields({ ...run, ttl: { seconds: 9n } })).toEqual(["ttl"]);
  expect(await fields({ ...run, ttl: { seconds: 86_401n } })).toEqual(["ttl"]);
  expect(await fields({ ...run, holder: "h".repeat(257) })).toEqual(["holder"]);
  expect((await failureOf(leases.getLease({ leaseId: "x" }))).fields).toEqual(["lease_id"]);
  const unknown = { leaseId: "0197c0de-0000-7000-8000-000000000000" };
  expect((await failureOf(leases.getLease(unknown))).code).toBe("not_found");
  expect((await failureOf(leases.releaseLease(unknown))).code).toBe("not_found");
});
