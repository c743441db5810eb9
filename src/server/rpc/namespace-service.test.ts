import { describe, expect, test } from "bun:test";
import { fromJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices } from "../../../test/support/rpc.ts";

const value = (json: string | number | boolean | null) => fromJson(ValueSchema, json);

describe("CreateNamespace", () => {
  test("stores the fields, and answers a repeat with the same object", async () => {
    await using services = await openServices();
    const { namespaces } = services.clients;
    const request = {
      name: "langtech",
      owner: "a@b.c",
      description: "words",
      labels: { team: value("speech") },
    };
    const first = await namespaces.createNamespace(request);
    expect(first.exists).toBe(false);
    expect(first.namespace).toMatchObject({ name: "langtech", owner: "a@b.c", description: "words" });
    expect(first.namespace?.labels["team"]?.kind).toEqual({ case: "stringValue", value: "speech" });
    expect(first.namespace?.createdAt).toEqual(first.namespace?.updatedAt);
    const again = await namespaces.createNamespace(request);
    expect(again).toMatchObject({ exists: true, namespace: { id: first.namespace!.id } });
  });

  test("names the field that differs when the name is taken", async () => {
    await using services = await openServices();
    const { namespaces } = services.clients;
    await namespaces.createNamespace({ name: "langtech", owner: "a@b.c" });
    const failure = await failureOf(namespaces.createNamespace({ name: "langtech", owner: "x@y.z" }));
    expect(failure).toMatchObject({ code: "already_exists", reason: "ALREADY_EXISTS" });
    expect(failure.message).toContain("a different owner");
  });

  test("a renamed namespace leaves its name free, and is found under the new one", async () => {
    await using services = await openServices();
    const { namespaces } = services.clients;
    const { namespace } = await namespaces.createNamespace({ name: "old", owner: "o" });
    await namespaces.updateNamespace({ namespace: "old", update: { name: "new" } });
    expect((await namespaces.createNamespace({ name: "old", owner: "o" })).exists).toBe(false);
    const again = await namespaces.createNamespace({ name: "new", owner: "o" });
    expect(again).toMatchObject({ exists: true, namespace: { id: namespace!.id } });
  });

  const badNames = [
    "",
    "a/b",
    "../x",
    "a..b",
    "..",
    ".",
    "-",
    "a\\b",
    "%2e%2e",
    "a#b",
    "a b",
    "a\u0000b",
    "a\nb",
    "ä",
    "x".repeat(129),
    "x".repeat(10_000),
  ];
  for (const name of badNames) {
    test(`refuses the name ${JSON.stringify(name.slice(0, 20))} and changes nothing`, async () => {
      await using services = await openServices();
      const { namespaces } = services.clients;
      const failure = await failureOf(namespaces.createNamespace({ name }));
      expect(failure).toMatchObject({
        code: "invalid_argument",
        reason: "INVALID_ARGUMENT",
        fields: ["name"],
      });
      expect(failure.message.length).toBeLessThan(300);
      expect((await namespaces.listNamespaces({})).namespaces).toEqual([]);
    });
  }

  test("names every wrong field", async () => {
    await using services = await openServices();
    const request = {
      name: "ok",
      owner: "o".repeat(257),
      description: "d".repeat(16 * 1024 + 1),
      labels: { env: value("x".repeat(17_000)), "odd key": value(1), fine: value(null) },
      requestId: "r".repeat(129),
    };
    const failure = await failureOf(services.clients.namespaces.createNamespace(request));
    expect(failure.fields.toSorted()).toEqual([
      "description",
      "labels.env",
      "labels.odd key",
      "owner",
      "request_id",
    ]);
  });
});

describe("GetNamespace", () => {
  test("finds by id and by name; a name can't look like an id", async () => {
    await using services = await openServices();
    const { namespaces } = services.clients;
    const { namespace } = await namespaces.createNamespace({ name: "n" });
    expect((await namespaces.getNamespace({ namespace: "n" })).namespace?.id).toBe(namespace!.id);
    expect((await namespaces.getNamespace({ namespace: namespace!.id })).namespace?.name).toBe("n");
    const failure = await failureOf(namespaces.createNamespace({ name: namespace!.id }));
    expect(failure).toMatchObject({ code: "invalid_argument" });
    expect(failure.message).toContain("must not look like an id");
  });

  test("says what is missing and how to see what there is", async () => {
    await using services = await openServices();
    const failure = await failureOf(services.clients.namespaces.getNamespace({ namespace: "nope" }));
    expect(failure).toMatchObject({ code: "not_found", metadata: { kind: "namespace", name: "nope" } });
    expect(failure.message).toBe('There is no namespace "nope"; `modelbox client projects list` lists them.');
  });
});

describe("UpdateNamespace", () => {
  test("changes what is set, clears what the mask names, and leaves the rest", async () => {
    await using services = await openServices();
    const { namespaces } = services.clients;
    const created = await namespaces.createNamespace({ name: "n", owner: "o", description: "d" });
    const first = await namespaces.updateNamespace({ namespace: "n", update: { owner: "p" } });
    expect(first.namespace).toMatchObject({ name: "n", owner: "p", description: "d" });
    expect(first.namespace?.etag).not.toBe(created.namespace!.etag);
    const masked = { namespace: "n", update: { owner: "q" }, updateMask: { paths: ["description"] } };
    expect((await namespaces.updateNamespace(masked)).namespace).toMatchObject({
      owner: "p",
      description: "",
    });
    const all = { namespace: "n", update: { name: "m" }, updateMask: { paths: ["*"] } };
    expect((await namespaces.updateNamespace(all)).namespace).toMatchObject({
      name: "m",
      owner: "",
      description: "",
    });
  });

  test("refuses an unknown mask, and a name that would be cleared", async () => {
    await using services = await openServices();
    const { namespaces } = services.clients;
    await namespaces.createNamespace({ name: "n" });
    const unknown = await failureOf(
      namespaces.updateNamespace({ namespace: "n", updateMask: { paths: ["id"] } }),
    );
    expect(unknown).toMatchObject({ code: "invalid_argument", fields: ["update_mask"] });
    expect(unknown.message).toContain("name, owner, description");
    const cleared = await failureOf(
      namespaces.updateNamespace({ namespace: "n", updateMask: { paths: ["name"] } }),
    );
    expect(cleared).toMatchObject({ code: "invalid_argument", fields: ["update.name"] });
  });

  test("refuses an old etag and a name that is taken", async () => {
    await using services = await openServices();
    const { namespaces } = services.clients;
    const { namespace } = await namespaces.createNamespace({ name: "n" });
    await namespaces.createNamespace({ name: "taken" });
    const update = { namespace: "n", update: { owner: "p" }, etag: namespace!.etag };
    await namespaces.updateNamespace(update);
    expect(await failureOf(namespaces.updateNamespace({ ...update, update: { owner: "q" } }))).toMatchObject({
      code: "aborted",
      reason: "ETAG_MISMATCH",
    });
    const rename = namespaces.updateNamespace({ namespace: "n", update: { name: "taken" } });
    expect(await failureOf(rename)).toMatchObject({ code: "already_exists", reason: "NAME_TAKEN" });
  });

  test("an update that changes nothing is no update", async () => {
    await using services = await openServices();
    const { namespaces, changes } = services.clients;
    const { namespace } = await namespaces.createNamespace({ name: "n", owner: "o" });
    const same = await namespaces.updateNamespace({ namespace: "n", update: { name: "n", owner: "o" } });
    expect(same.namespace?.etag).toBe(namespace!.etag);
    expect((await changes.listChanges({ namespace: "n" })).lastSequence).toBe(1n);
  });
});

describe("DeleteNamespace", () => {
  test("refuses one with content, and deletes all of it when recursive, each with a change", async () => {
    await using services = await openServices();
    const { namespaces, experiments, checkpoints, models, versions, changes } = services.clients;
    const { experiment } = await experiments.createExperiment({ namespace: "n", name: "e" });
    await checkpoints.createCheckpoint({ experiment: "n/e", step: 1n });
    await models.createModel({ namespace: "n", name: "m" });
    await versions.createModelVersion({ model: "n/m", tags: ["production"] });
    const refused = await failureOf(namespaces.deleteNamespace({ namespace: "n" }));
    expect(refused).toMatchObject({ code: "failed_precondition", reason: "NOT_EMPTY" });
    expect(refused.message).toContain("recursively");
    const before = (await changes.listChanges({ namespace: "n" })).lastSequence;
    const { namespace } = await namespaces.deleteNamespace({ namespace: "n", recursive: true });
    expect(namespace?.name).toBe("n");
    expect((await namespaces.listNamespaces({})).namespaces).toEqual([]);
    const failure = await failureOf(experiments.getExperiment({ experiment: experiment!.id }));
    expect(failure.code).toBe("not_found");
    const log = await changes.listChanges({ namespace: namespace!.id, afterSequence: before });
    expect(log.changes.map((one) => [one.objectPath, one.state.case])).toEqual([
      ["n/e/step-1", "checkpoint"],
      ["n/e", "experiment"],
      ["n/m@1", "tag"],
      ["n/m@1", "version"],
      ["n/m", "model"],
      ["n", "namespace"],
    ]);
  });
});
