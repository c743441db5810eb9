import { expect, test } from "bun:test";
import { failureOf } from "../../test/support/failure.ts";
import { everybody, openServices } from "../../test/support/rpc.ts";
import { acquireLease } from "./leases/acquire.ts";
import { purgeExpired } from "./maintenance.ts";

const HOUR_MS = 3_600_000;

test("forgets answers after 24 hours and leases 24 hours after their end", async () => {
  await using services = await openServices();
  const { models, versions, leases, experiments } = services.clients;
  await experiments.createExperiment({ namespace: "n", name: "e" });
  await models.createModel({ namespace: "n", name: "m" });
  const create = { model: "n/m", requestId: "same" };
  await versions.createModelVersion(create);
  const object = { kind: "experiment", reference: { type: "path", namespace: "n", name: "e" } } as const;
  const run = { kind: "run", object, holder: "a", ttlMs: 60_000, takeOver: false, requestId: "" } as const;
  const lease = await acquireLease(services.service, everybody, run);
  const clean = () => purgeExpired(services.service);
  expect(await clean()).toEqual({ requests: 0, leases: 0 });
  services.clock.advanceMs(23 * HOUR_MS);
  expect((await versions.createModelVersion(create)).version?.version).toBe("1");
  expect(await clean()).toEqual({ requests: 0, leases: 0 });
  expect((await leases.getLease({ leaseId: lease.id })).lease?.id).toBe(lease.id);
  services.clock.advanceMs(HOUR_MS + 1_000);
  expect(await clean()).toEqual({ requests: 1, leases: 0 });
  services.clock.advanceMs(60_000);
  expect(await clean()).toEqual({ requests: 0, leases: 1 });
  expect((await failureOf(leases.getLease({ leaseId: lease.id }))).code).toBe("not_found");
  expect((await versions.createModelVersion(create)).version?.version).toBe("2");
  // A number that was given once is never given again.
  const next = await acquireLease(services.service, everybody, run);
  expect(next.fencingNumber).toBeGreaterThan(lease.fencingNumber);
});

test("does nothing once it is aborted", async () => {
  await using services = await openServices();
  await services.clients.namespaces.createNamespace({ name: "n", requestId: "x" });
  services.clock.advanceMs(48 * HOUR_MS);
  expect(await purgeExpired(services.service, AbortSignal.abort())).toEqual({ requests: 0, leases: 0 });
  expect((await purgeExpired(services.service)).requests).toBe(1);
});
