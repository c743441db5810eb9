import { describe, expect, test } from "bun:test";
import { LeaseKind } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices, type TestClients } from "../../../test/support/rpc.ts";

async function withExperiment({ experiments }: TestClients): Promise<string> {
  await experiments.createExperiment({ namespace: "n", name: "e" });
  return "n/e";
}

describe("CreateCheckpoint", () => {
  test("stores step, epoch, metrics of every kind, and an empty artifact", async () => {
    await using services = await openServices();
    const { checkpoints, metrics } = services.clients;
    const experiment = await withExperiment(services.clients);
    const { checkpoint } = await checkpoints.createCheckpoint({
      experiment,
      step: -(2n ** 63n),
      epoch: 0n,
      metrics: {
        loss: { value: { case: "number", value: NaN } },
        note: { value: { case: "text", value: "diverged" } },
        histogram: { value: { case: "data", value: Uint8Array.of(1, 2) } },
      },
    });
    expect(checkpoint).toMatchObject({
      name: `step-${-(2n ** 63n)}`,
      epoch: 0n,
      artifact: { name: "default", fileCount: 0n },
    });
    expect(checkpoint?.metrics["loss"]?.value).toEqual({ case: "number", value: NaN });
    expect(checkpoint?.metrics["note"]?.value).toEqual({ case: "text", value: "diverged" });
    const points = (await metrics.getMetrics({ object: `checkpoint:${checkpoint!.id}` })).points;
    expect(points.map((one) => [one.key, one.step])).toEqual([
      ["histogram", -(2n ** 63n)],
      ["loss", -(2n ** 63n)],
      ["note", -(2n ** 63n)],
    ]);
    const without = await checkpoints.createCheckpoint({ experiment, step: 1n });
    expect(without.checkpoint?.epoch).toBeUndefined();
  });

  test("a step can have a best and a last; a repeat returns what is there, another content is refused", async () => {
    await using services = await openServices();
    const { checkpoints } = services.clients;
    const experiment = await withExperiment(services.clients);
    const metrics = { loss: { value: { case: "number" as const, value: 0.5 } } };
    const best = await checkpoints.createCheckpoint({ experiment, name: "best", step: 3n, metrics });
    const last = await checkpoints.createCheckpoint({ experiment, name: "last", step: 3n, metrics });
    expect(last.checkpoint?.id).not.toBe(best.checkpoint!.id);
    const again = await checkpoints.createCheckpoint({ experiment, name: "best", step: 3n, metrics });
    expect(again).toMatchObject({ exists: true, checkpoint: { id: best.checkpoint!.id } });
    const other = await failureOf(
      checkpoints.createCheckpoint({ experiment, name: "best", step: 4n, metrics }),
    );
    expect(other).toMatchObject({ code: "already_exists" });
    expect(other.message).toContain("a different step");
  });

  test("refuses reserved and wrong names, and a missing experiment", async () => {
    await using services = await openServices();
    const { checkpoints } = services.clients;
    const experiment = await withExperiment(services.clients);
    for (const name of ["latest", "a/b", ".."]) {
      const failure = await failureOf(checkpoints.createCheckpoint({ experiment, name, step: 1n }));
      expect(failure).toMatchObject({ code: "invalid_argument", fields: ["name"] });
    }
    const missing = await failureOf(checkpoints.createCheckpoint({ experiment: "n/none", step: 1n }));
    expect(missing).toMatchObject({ code: "not_found", metadata: { kind: "experiment" } });
  });

  test("names the wrong parts of its files", async () => {
    await using services = await openServices();
    const { checkpoints } = services.clients;
    const experiment = await withExperiment(services.clients);
    const digest = "a".repeat(64);
    const files = {
      leaseId: "0197c0de-0000-7000-8000-000000000000",
      files: [
        { path: "../up", sizeBytes: 1n, chunks: [{ sha256: digest, sizeBytes: 1n }] },
        { path: "a\\b", sizeBytes: -1n, sha256: "short" },
        {
          path: "fine",
          sizeBytes: 1n,
          chunks: [{ sha256: digest.toUpperCase(), sizeBytes: 9n * 1024n * 1024n }],
        },
      ],
    };
    const failure = await failureOf(checkpoints.createCheckpoint({ experiment, step: 1n, files }));
    expect(failure.fields.toSorted()).toEqual([
      "files.files[0].path",
      "files.files[1].path",
      "files.files[1].sha256",
      "files.files[1].size_bytes",
      "files.files[2].chunks[0].sha256",
      "files.files[2].chunks[0].size_bytes",
    ]);
    expect((await checkpoints.listCheckpoints({ experiment })).checkpoints).toEqual([]);
  });

  test("16 at once with the same name: one commits, the others get it", async () => {
    await using services = await openServices();
    const { checkpoints } = services.clients;
    const experiment = await withExperiment(services.clients);
    const calls = Array.from({ length: 16 }, () => checkpoints.createCheckpoint({ experiment, step: 1n }));
    const answers = await Promise.all(calls);
    expect(answers.filter((one) => !one.exists)).toHaveLength(1);
    expect(new Set(answers.map((one) => one.checkpoint?.id)).size).toBe(1);
  });

  test("a fence of an earlier holder is refused", async () => {
    await using services = await openServices();
    const { checkpoints, leases, metrics } = services.clients;
    const experiment = await withExperiment(services.clients);
    const object = `experiment:${experiment}`;
    const first = (await leases.acquireLease({ kind: LeaseKind.RUN, object, holder: "a" })).lease!;
    const fence = { leaseId: first.id, fencingNumber: first.fencingNumber };
    await checkpoints.createCheckpoint({ experiment, step: 1n, fence });
    const second = (await leases.acquireLease({ kind: LeaseKind.RUN, object, holder: "b", takeOver: true }))
      .lease!;
    expect(second.fencingNumber).toBe(first.fencingNumber + 1n);
    const fenced = await failureOf(checkpoints.createCheckpoint({ experiment, step: 2n, fence }));
    expect(fenced).toMatchObject({ code: "aborted", reason: "FENCED" });
    // Also where the next trainer has a checkpoint of that name already.
    const clashing = await failureOf(
      checkpoints.createCheckpoint({ experiment, name: "step-1", step: 2n, fence }),
    );
    expect(clashing).toMatchObject({ code: "aborted", reason: "FENCED" });
    const point = { key: "loss", step: 1n, value: { value: { case: "number" as const, value: 1 } } };
    expect(await failureOf(metrics.logMetrics({ object, points: [point], fence }))).toMatchObject({
      reason: "FENCED",
    });
    await checkpoints.createCheckpoint({
      experiment,
      step: 2n,
      fence: { leaseId: second.id, fencingNumber: second.fencingNumber },
    });
    // What was committed before the lease went over is still answered as done.
    expect((await checkpoints.createCheckpoint({ experiment, step: 1n, fence })).exists).toBe(true);
  });
});

describe("latest", () => {
  test("is the last committed one, and the one before it once that is deleted", async () => {
    await using services = await openServices();
    const { checkpoints, experiments } = services.clients;
    const experiment = await withExperiment(services.clients);
    const none = await failureOf(checkpoints.getCheckpoint({ checkpoint: "n/e/latest" }));
    expect(none).toMatchObject({ code: "not_found" });
    expect(none.message).toContain("no committed checkpoint yet");
    for (const step of [5n, 9n, 7n]) await checkpoints.createCheckpoint({ experiment, step });
    const latest = async () =>
      (await checkpoints.getCheckpoint({ checkpoint: "n/e/latest" })).checkpoint?.name;
    expect(await latest()).toBe("step-7");
    await checkpoints.deleteCheckpoint({ checkpoint: "n/e/step-5" });
    expect(await latest()).toBe("step-7");
    await checkpoints.deleteCheckpoint({ checkpoint: "n/e/latest" });
    expect(await latest()).toBe("step-9");
    await checkpoints.deleteCheckpoint({ checkpoint: "n/e/step-9" });
    expect((await experiments.getExperiment({ experiment })).experiment?.latestCheckpointId).toBe("");
  });

  test("works with the id of the experiment too", async () => {
    await using services = await openServices();
    const { checkpoints, experiments } = services.clients;
    const experiment = await withExperiment(services.clients);
    const { checkpoint } = await checkpoints.createCheckpoint({ experiment, step: 1n });
    const { id } = (await experiments.getExperiment({ experiment })).experiment!;
    expect((await checkpoints.getCheckpoint({ checkpoint: `${id}/latest` })).checkpoint?.id).toBe(
      checkpoint!.id,
    );
  });
});

test("lists those of an experiment or of a namespace, by step", async () => {
  await using services = await openServices();
  const { checkpoints, experiments } = services.clients;
  const experiment = await withExperiment(services.clients);
  await experiments.createExperiment({ namespace: "n", name: "f" });
  for (const step of [10n, 9n, 100n]) await checkpoints.createCheckpoint({ experiment, step });
  await checkpoints.createCheckpoint({ experiment: "n/f", step: 1n });
  const steps = async (wanted: string, orderBy: string) =>
    (await checkpoints.listCheckpoints({ experiment: wanted, orderBy })).checkpoints.map((one) => one.step);
  expect(await steps("n/e", "step")).toEqual([9n, 10n, 100n]);
  expect(await steps("n/-", "step desc")).toEqual([100n, 10n, 9n, 1n]);
});

test("renames a checkpoint, and refuses a name that is taken or reserved", async () => {
  await using services = await openServices();
  const { checkpoints } = services.clients;
  const experiment = await withExperiment(services.clients);
  await checkpoints.createCheckpoint({ experiment, step: 1n });
  await checkpoints.createCheckpoint({ experiment, step: 2n });
  const rename = (name: string) =>
    checkpoints.updateCheckpoint({ checkpoint: "n/e/step-1", update: { name } });
  expect((await failureOf(rename("step-2"))).reason).toBe("NAME_TAKEN");
  expect((await failureOf(rename("latest"))).fields).toEqual(["update.name"]);
  expect((await rename("best")).checkpoint?.path).toBe("n/e/best");
});
