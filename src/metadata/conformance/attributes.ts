import { expect } from "bun:test";
import type { JsonValue, MetricPoint, MetricValue } from "../../domain/entities.ts";
import { nth } from "./define.ts";
import type { Define } from "./define.ts";
import { aWorld, anEvent, digest, keyOf, nextTime } from "./fixtures.ts";

/** Values of every type come back as they were. */
export function attributeTests(define: Define): void {
  labelTests(define);
  metricTests(define);

  define("an event keeps its data", async (store) => {
    const { version } = await aWorld(store);
    const event = anEvent(keyOf("version", version), {
      data: { to: "eu-1", replicas: 3, canary: null, zones: ["a", { b: 1 }] },
    });
    await store.write((tx) => tx.events.insert([event]));
    const page = await store.read((tx) =>
      tx.events.list({
        scope: { type: "parent", id: version.id },
        orderBy: { field: "time", descending: true },
        limit: 10,
      }),
    );
    expect(page.items).toEqual([event]);
  });

  define("edges are added once, found from both ends, and removed", async (store) => {
    const { namespace, experiment, checkpoint } = await aWorld(store);
    const edge = {
      namespaceId: namespace.id,
      source: `experiment:${experiment.id}`,
      target: `checkpoint:${checkpoint.id}`,
      relation: "produced",
      createdAt: nextTime(),
    };
    const data = { ...edge, source: `dataset:s3://${"x".repeat(4000)}`, relation: "trained_on" };
    expect(await store.write((tx) => tx.lineage.add([edge, data, { ...edge, createdAt: 1 }]))).toHaveLength(
      2,
    );
    expect(await store.write((tx) => tx.lineage.add([edge, { ...edge, relation: "made" }]))).toEqual([
      { ...edge, relation: "made" },
    ]);
    await store.read(async (tx) => {
      const descendants = await tx.lineage.edges(namespace.id, [edge.source, data.source], "descendants", 10);
      expect(descendants.map((one) => one.relation).toSorted()).toEqual(["made", "produced", "trained_on"]);
      expect(await tx.lineage.edges(namespace.id, [edge.target], "ancestors", 10)).toHaveLength(3);
      expect(await tx.lineage.edges(namespace.id, [edge.target], "ancestors", 2)).toHaveLength(2);
      expect(await tx.lineage.edges(namespace.id, [edge.target], "descendants", 10)).toEqual([]);
      expect(await tx.lineage.edges("nowhere", [edge.source], "descendants", 10)).toEqual([]);
    });
    expect(await store.write((tx) => tx.lineage.remove([data, { ...data, relation: "other" }]))).toEqual([
      data,
    ]);
    expect(await store.write((tx) => tx.lineage.remove([data]))).toEqual([]);
  });
}

function labelTests(define: Define): void {
  define("labels are JSON values of every type", async (store) => {
    const { namespace, version, model } = await aWorld(store);
    const labels: Record<string, JsonValue> = {
      text: "prod",
      empty: "",
      long: "é".repeat(8000),
      json: '{"looks":"like JSON"}',
      number: 1.5,
      integer: 9_007_199_254_740_991,
      tiny: 5e-324,
      yes: true,
      no: false,
      nothing: null,
      list: [1, "two", [null, { three: 3 }]],
      object: { a: { b: { c: [] } } },
      "odd key: 'x' \"y\" %_\\": "odd",
      constructor: "a name that objects have",
    };
    await store.write(async (tx) => {
      await tx.labels.set(keyOf("version", version), labels);
      await tx.labels.set(keyOf("namespace", namespace), { team: "speech" });
    });
    const found = await store.read((tx) => tx.labels.getMany([version.id, namespace.id, model.id]));
    expect(found.size).toBe(2);
    expect({ ...found.get(version.id) }).toEqual(labels);
    expect({ ...found.get(namespace.id) }).toEqual({ team: "speech" });
  });

  define("labels are replaced and removed by key", async (store) => {
    const { version } = await aWorld(store);
    const key = keyOf("version", version);
    await store.write((tx) => tx.labels.set(key, { a: 1, b: 2, c: 3 }));
    await store.write(async (tx) => {
      await tx.labels.set(key, { a: "one" });
      await tx.labels.unset(version.id, ["b", "never there"]);
    });
    const found = await store.read((tx) => tx.labels.getMany([version.id]));
    expect({ ...found.get(version.id) }).toEqual({ a: "one", c: 3 });
  });
}

const VALUES: readonly MetricValue[] = [
  0.1,
  -0,
  0,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  Number.MIN_VALUE,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  "",
  "diverged",
  new Uint8Array([0, 1, 254, 255]),
  new Uint8Array(),
];

function metricTests(define: Define): void {
  define("metrics are doubles, texts and bytes, at any 64-bit step", async (store) => {
    const { experiment } = await aWorld(store);
    const steps = [-(2n ** 63n), -1n, 0n, 2n ** 53n + 1n, 2n ** 63n - 1n];
    const points: MetricPoint[] = VALUES.flatMap((value, index) =>
      steps.map((step) => ({ key: `k${String(index).padStart(2, "0")}`, step, wallTime: nextTime(), value })),
    );
    await store.write((tx) => tx.metrics.log(keyOf("experiment", experiment), points.toReversed()));
    await store.read(async (tx) => {
      const all = {
        objectId: experiment.id,
        key: undefined,
        minStep: undefined,
        maxStep: undefined,
        after: undefined,
      };
      const found = await tx.metrics.points({ ...all, limit: 1000 });
      expect(found).toEqual(points);
      expect(Object.is(found.find((point) => point.key === "k01")?.value, -0)).toBe(true);
      const latest = await tx.metrics.latest(experiment.id, [], 100);
      expect(latest).toEqual(points.filter((point) => point.step === 2n ** 63n - 1n));
      const summary = (await tx.metrics.latestMany([experiment.id], 100)).get(experiment.id);
      expect({ ...summary }).toEqual(Object.fromEntries(latest.map((point) => [point.key, point.value])));
    });
  });

  define("the latest value is that of the highest step, in whatever order points arrive", async (store) => {
    const { experiment } = await aWorld(store);
    const key = keyOf("experiment", experiment);
    const log = (...points: readonly (readonly [step: bigint, value: number])[]) =>
      store.write((tx) =>
        tx.metrics.log(
          key,
          points.map(([step, value]) => ({ key: "loss", step, wallTime: 1, value })),
        ),
      );
    const latest = async () =>
      (await store.read((tx) => tx.metrics.latest(experiment.id, ["loss"], 10)))[0]?.value;
    await log([10n, 1], [5n, 2]);
    expect(await latest()).toBe(1);
    await log([7n, 3]);
    expect(await latest()).toBe(1);
    await log([10n, 4], [10n, 5]);
    expect(await latest()).toBe(5);
    await log([11n, Number.NaN]);
    expect(await latest()).toBeNaN();
    const points = await store.read((tx) =>
      tx.metrics.points({
        objectId: experiment.id,
        key: "loss",
        minStep: 6n,
        maxStep: 10n,
        after: undefined,
        limit: 10,
      }),
    );
    expect(points.map((point) => [point.step, point.value])).toEqual([
      [7n, 3],
      [10n, 5],
    ]);
  });

  define("points are paged over keys and steps", async (store) => {
    const { experiment } = await aWorld(store);
    const points = ["a", "b", "c"].flatMap((key) =>
      Array.from({ length: 10 }, (_, step) => ({ key, step: BigInt(step), wallTime: step, value: step })),
    );
    await store.write((tx) => tx.metrics.log(keyOf("experiment", experiment), points));
    const seen: MetricPoint[] = [];
    let after: { key: string; step: bigint } | undefined;
    for (;;) {
      const page = await store.read((tx) =>
        tx.metrics.points({
          objectId: experiment.id,
          key: undefined,
          minStep: 2n,
          maxStep: 8n,
          after,
          limit: 4,
        }),
      );
      if (page.length === 0) break;
      seen.push(...page);
      after = page.at(-1);
    }
    expect(seen).toEqual(points.filter((point) => point.step >= 2n && point.step <= 8n));
  });

  define("an object with many keys gives the first of them, and others theirs", async (store) => {
    const { experiment, version } = await aWorld(store);
    const many = Array.from({ length: 300 }, (_, index) => ({
      key: `k${String(index).padStart(3, "0")}`,
      step: 0n,
      wallTime: 1,
      value: index,
    }));
    await store.write(async (tx) => {
      await tx.metrics.log(keyOf("experiment", experiment), many);
      await tx.metrics.log(keyOf("version", version), many.slice(0, 3));
    });
    await store.read(async (tx) => {
      const summaries = await tx.metrics.latestMany([experiment.id, version.id, digest("nothing")], 5);
      expect(Object.keys(summaries.get(experiment.id) ?? {})).toEqual([
        "k000",
        "k001",
        "k002",
        "k003",
        "k004",
      ]);
      expect(Object.keys(summaries.get(version.id) ?? {})).toEqual(["k000", "k001", "k002"]);
      expect(summaries.size).toBe(2);
      expect(await tx.metrics.latest(experiment.id, ["k299", "k007", "nothing"], 10)).toEqual([
        nth(many, 7),
        nth(many, 299),
      ]);
      expect(await tx.metrics.latest(experiment.id, [], 2)).toEqual(many.slice(0, 2));
    });
  });
}
