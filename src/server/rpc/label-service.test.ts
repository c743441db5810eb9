import { describe, expect, test } from "bun:test";
import { fromJson, toJson, type JsonValue } from "@bufbuild/protobuf";
import { ValueSchema, type Value } from "@bufbuild/protobuf/wkt";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices } from "../../../test/support/rpc.ts";

const value = (json: JsonValue) => fromJson(ValueSchema, json);
const plain = (labels: { [key: string]: Value }) =>
  Object.fromEntries(Object.entries(labels).map(([key, one]) => [key, toJson(ValueSchema, one)]));

/** JSON of so many nested lists around a null. */
function nested(depth: number): JsonValue {
  return depth === 0 ? null : [nested(depth - 1)];
}

describe("labels", () => {
  test("hold every kind of JSON on every kind of object", async () => {
    await using services = await openServices();
    const { labels, experiments, checkpoints, models, versions } = services.clients;
    await experiments.createExperiment({ namespace: "n", name: "e" });
    await checkpoints.createCheckpoint({ experiment: "n/e", step: 1n });
    await models.createModel({ namespace: "n", name: "m" });
    await versions.createModelVersion({ model: "n/m" });
    const wanted: Record<string, JsonValue> = {
      text: "prod",
      number: -0.5,
      flag: false,
      none: null,
      list: [1, "two", [true]],
      deep: { a: { "odd key": nested(20) } },
      "k8s.io/name": "x",
      ["__proto__"]: { ["__proto__"]: "own", constructor: 1 },
    };
    const sent = Object.fromEntries(Object.entries(wanted).map(([key, json]) => [key, value(json)]));
    for (const object of [
      "namespace:n",
      "experiment:n/e",
      "checkpoint:n/e/step-1",
      "model:n/m",
      "version:n/m@1",
    ]) {
      const set = await labels.setLabels({ object, labels: sent });
      expect(plain(set.labels)).toEqual(wanted);
      expect(plain((await labels.getLabels({ object })).labels)).toEqual(wanted);
    }
    const found = await versions.getModelVersion({ version: "n/m@1" });
    expect(plain(found.version!.labels)).toEqual(wanted);
  });

  test("setting leaves the others; unsetting what is not there is no error; both are one change", async () => {
    await using services = await openServices();
    const { labels, namespaces, changes } = services.clients;
    await namespaces.createNamespace({ name: "n", labels: { a: value(1), b: value(2) } });
    const object = "namespace:n";
    const set = await labels.setLabels({ object, labels: { b: value(3), c: value(4) } });
    expect(plain(set.labels)).toEqual({ a: 1, b: 3, c: 4 });
    const same = await labels.setLabels({ object, labels: { b: value(3) } });
    expect(plain(same.labels)).toEqual({ a: 1, b: 3, c: 4 });
    const left = await labels.unsetLabels({ object, keys: ["a", "nope"] });
    expect(plain(left.labels)).toEqual({ b: 3, c: 4 });
    await labels.unsetLabels({ object, keys: ["nope"] });
    const log = await changes.listChanges({ namespace: "n" });
    expect(log.changes).toHaveLength(3);
    const last = log.changes.at(-1)!.state;
    expect(last.case === "namespace" && plain(last.value.labels)).toEqual({ b: 3, c: 4 });
  });

  test("an etag guards them", async () => {
    await using services = await openServices();
    const { labels, namespaces } = services.clients;
    const { namespace } = await namespaces.createNamespace({ name: "n" });
    const set = { object: "namespace:n", labels: { a: value(1) }, etag: namespace!.etag };
    await labels.setLabels(set);
    expect(await failureOf(labels.setLabels({ ...set, labels: { a: value(2) } }))).toMatchObject({
      code: "aborted",
    });
  });

  test("an object carries at most 256", async () => {
    await using services = await openServices();
    const { labels, namespaces } = services.clients;
    const many = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${from + index}`, value(index)]));
    await namespaces.createNamespace({ name: "n", labels: many(0, 256) });
    await labels.setLabels({ object: "namespace:n", labels: many(0, 256) });
    const more = await failureOf(labels.setLabels({ object: "namespace:n", labels: many(256, 1) }));
    expect(more).toMatchObject({ code: "invalid_argument", fields: ["labels"] });
    expect(
      (await failureOf(labels.setLabels({ object: "namespace:n", labels: many(0, 257) }))).fields,
    ).toEqual(["labels"]);
  });

  test("refuses JSON that is too deep, NaN, values without a kind, and artifacts", async () => {
    await using services = await openServices();
    const { labels, namespaces } = services.clients;
    await namespaces.createNamespace({ name: "n" });
    const set = (env: Value) => labels.setLabels({ object: "namespace:n", labels: { env } });
    const wrong: Value[] = [
      value(nested(33)),
      { ...value(0), kind: { case: "numberValue", value: NaN } },
      { ...value(0), kind: { case: "numberValue", value: -Infinity } },
      { ...value(0), kind: { case: undefined } },
    ];
    for (const one of wrong) {
      expect(await failureOf(set(one))).toMatchObject({ code: "invalid_argument", fields: ["labels.env"] });
    }
    const artifact = "artifact:0197c0de-0000-7000-8000-000000000000";
    expect(await failureOf(labels.getLabels({ object: artifact }))).toMatchObject({ code: "not_found" });
    for (const object of ["n", "project:n", "namespace:", "artifact:n", "version:n/m"]) {
      expect(await failureOf(labels.getLabels({ object }))).toMatchObject({
        code: "invalid_argument",
        fields: ["object"],
      });
    }
  });
});
