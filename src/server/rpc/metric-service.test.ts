import { expect, test } from "bun:test";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices } from "../../../test/support/rpc.ts";

const number = (value: number) => ({ value: { case: "number" as const, value } });
const object = "experiment:n/e";

test("keeps every kind of value at every step, and shows the highest step", async () => {
  await using services = await openServices();
  const { metrics, experiments } = services.clients;
  await experiments.createExperiment({ namespace: "n", name: "e" });
  const wallTime = { seconds: 1_700_000_000n, nanos: 123_456_000 };
  const logged = await metrics.logMetrics({
    object,
    points: [
      { key: "loss", step: 2n, value: number(Infinity) },
      { key: "loss", step: 2n ** 63n - 1n, value: number(NaN), wallTime },
      { key: "loss", step: -5n, value: number(-0) },
      { key: "val/accuracy", step: 1n, value: { value: { case: "text", value: "high" } } },
      { key: "img", step: 1n, value: { value: { case: "data", value: Uint8Array.of(0, 255) } } },
    ],
  });
  expect(logged.pointCount).toBe(5n);
  const latest = (await metrics.getMetrics({ object })).points;
  expect(latest.map((one) => one.key)).toEqual(["img", "loss", "val/accuracy"]);
  expect(latest[0]?.value?.value).toEqual({ case: "data", value: Uint8Array.of(0, 255) });
  expect(latest[1]).toMatchObject({ step: 2n ** 63n - 1n, wallTime, value: number(NaN) });
  expect((await metrics.getMetrics({ object, keys: ["val/accuracy", "none"] })).points).toHaveLength(1);
  const shown = (await experiments.getExperiment({ experiment: "n/e" })).experiment!.metrics;
  expect(shown["loss"]?.value).toEqual({ case: "number", value: NaN });
});

test("a key and step that is there gets the new value, and no change row tells", async () => {
  await using services = await openServices();
  const { metrics, experiments, changes } = services.clients;
  await experiments.createExperiment({ namespace: "n", name: "e" });
  const before = (await changes.listChanges({ namespace: "n" })).lastSequence;
  for (const value of [1, 2])
    await metrics.logMetrics({ object, points: [{ key: "loss", step: 1n, value: number(value) }] });
  const { points } = await metrics.listMetricPoints({ object });
  expect(points.map((one) => one.value?.value.value)).toEqual([2]);
  expect((await changes.listChanges({ namespace: "n" })).lastSequence).toBe(before);
});

test("points are paged by key and step, within bounds", async () => {
  await using services = await openServices();
  const { metrics, experiments } = services.clients;
  await experiments.createExperiment({ namespace: "n", name: "e" });
  const points = ["b", "a"].flatMap((key) =>
    Array.from({ length: 7 }, (_, index) => ({ key, step: BigInt(6 - index), value: number(index) })),
  );
  await metrics.logMetrics({ object, points });
  const all: [string, bigint][] = [];
  let pageToken = "";
  do {
    const page = await metrics.listMetricPoints({ object, pageSize: 4, pageToken });
    all.push(...page.points.map((one): [string, bigint] => [one.key, one.step]));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  const expected = ["a", "b"].flatMap((key) => [0n, 1n, 2n, 3n, 4n, 5n, 6n].map((step) => [key, step]));
  expect(all).toEqual(expected as [string, bigint][]);
  const some = await metrics.listMetricPoints({ object, key: "b", minStep: 2n, maxStep: 3n });
  expect(some.points.map((one) => one.step)).toEqual([2n, 3n]);
  const first = await metrics.listMetricPoints({ object, key: "b", pageSize: 1 });
  const foreign = metrics.listMetricPoints({ object, key: "a", pageSize: 1, pageToken: first.nextPageToken });
  expect(await failureOf(foreign)).toMatchObject({ code: "invalid_argument", fields: ["page_token"] });
});

test("refuses wrong points and stores none of them", async () => {
  await using services = await openServices();
  const { metrics, experiments } = services.clients;
  await experiments.createExperiment({ namespace: "n", name: "e" });
  const fine = { key: "fine", step: 1n, value: number(1) };
  const failure = await failureOf(
    metrics.logMetrics({
      object,
      points: [
        fine,
        { key: "", step: 1n, value: number(1) },
        { key: "a\tb", step: 1n, value: number(1) },
        { key: "k".repeat(257), step: 1n, value: number(1) },
        { key: "x", step: 1n },
        { key: "y", step: 1n, value: { value: { case: "text", value: "x".repeat(65_537) } } },
        { key: "z", step: 1n, value: number(1), wallTime: { seconds: 2n ** 60n, nanos: 0 } },
      ],
    }),
  );
  expect(failure.fields).toEqual([
    "points[1].key",
    "points[2].key",
    "points[3].key",
    "points[4].value",
    "points[5].value",
    "points[6].wall_time",
  ]);
  expect((await failureOf(metrics.logMetrics({ object, points: [] }))).fields).toEqual(["points"]);
  const many = Array.from({ length: 10_001 }, (_, index) => ({ ...fine, step: BigInt(index) }));
  expect((await failureOf(metrics.logMetrics({ object, points: many }))).fields).toEqual(["points"]);
  expect((await metrics.listMetricPoints({ object })).points).toEqual([]);
});
