import { describe, expect, test } from "bun:test";
import { LeaseKind } from "../../gen/modelbox/v1/lease_service_pb.ts";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices, type TestClients } from "../../../test/support/rpc.ts";

async function withModel({ models }: TestClients): Promise<string> {
  await models.createModel({ namespace: "n", name: "m" });
  return "n/m";
}

describe("CreateModelVersion", () => {
  test("numbers versions by itself, past names that are no numbers and past tags", async () => {
    await using services = await openServices();
    const { versions, models } = services.clients;
    const model = await withModel(services.clients);
    const create = async (version: string, tags: string[] = []) =>
      (await versions.createModelVersion({ model, version, tags })).version?.version;
    expect(await create("")).toBe("1");
    expect(await create("2026-11-rc1")).toBe("2026-11-rc1");
    expect(await create("7")).toBe("7");
    expect(await create("07")).toBe("07");
    expect(await create("", ["9"])).toBe("8");
    expect(await create("")).toBe("10");
    expect((await models.getModel({ model })).model?.latestVersion).toBe("10");
  });

  test("16 at once without a version get 16 numbers", async () => {
    await using services = await openServices();
    const { versions } = services.clients;
    const model = await withModel(services.clients);
    const answers = await Promise.all(
      Array.from({ length: 16 }, () => versions.createModelVersion({ model })),
    );
    const numbers = answers.map((one) => Number(one.version?.version)).toSorted((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 16 }, (_, index) => index + 1));
  });

  test("comes from a checkpoint: its experiment, and by default its files", async () => {
    await using services = await openServices();
    const { versions, experiments, checkpoints, artifacts } = services.clients;
    const model = await withModel(services.clients);
    const { experiment } = await experiments.createExperiment({ namespace: "n", name: "e" });
    const files = { files: [{ path: "empty.bin", sizeBytes: 0n }] };
    const { checkpoint } = await checkpoints.createCheckpoint({ experiment: "n/e", step: 1n, files });
    const { version } = await versions.createModelVersion({
      model,
      checkpoint: "n/e/latest",
      framework: "onnx",
    });
    expect(version).toMatchObject({
      checkpointId: checkpoint!.id,
      experimentId: experiment!.id,
      framework: "onnx",
      artifact: { name: "default", fileCount: 1n, objectPath: "n/m@1" },
    });
    expect(version?.artifact?.id).not.toBe(checkpoint!.artifact!.id);
    const listed = await artifacts.listFiles({ object: "version:n/m@1" });
    expect(listed.files.map((one) => one.path)).toEqual(["empty.bin"]);
    await checkpoints.deleteCheckpoint({ checkpoint: checkpoint!.id });
    expect((await artifacts.listFiles({ object: "version:n/m@1" })).files).toHaveLength(1);
  });

  test("a repeat returns what is there; other fields are refused", async () => {
    await using services = await openServices();
    const { versions } = services.clients;
    const model = await withModel(services.clients);
    const request = { model, version: "1.0", description: "first", tags: ["staging"] };
    const { version } = await versions.createModelVersion(request);
    await versions.createModelVersion({ model, version: "2.0", tags: ["staging"] });
    expect(await versions.createModelVersion(request)).toMatchObject({
      exists: true,
      version: { id: version!.id, tags: [] },
    });
    const other = await failureOf(versions.createModelVersion({ ...request, description: "other" }));
    expect(other.message).toContain("a different description");
  });

  test("a tag may not equal a version of its model, nor the other way round", async () => {
    await using services = await openServices();
    const { versions } = services.clients;
    const model = await withModel(services.clients);
    await versions.createModelVersion({ model, version: "1", tags: ["production"] });
    expect(await failureOf(versions.createModelVersion({ model, version: "production" }))).toMatchObject({
      code: "failed_precondition",
      reason: "VERSION_IS_TAG",
    });
    expect((await failureOf(versions.createModelVersion({ model, version: "2", tags: ["1"] }))).reason).toBe(
      "TAG_IS_VERSION",
    );
    expect(
      (await failureOf(versions.createModelVersion({ model, version: "2", tags: ["2"] }))).fields,
    ).toEqual(["tags"]);
    expect((await failureOf(versions.setUniqueTag({ version: "n/m@1", tag: "1" }))).reason).toBe(
      "TAG_IS_VERSION",
    );
    expect((await versions.listModelVersions({ model })).versions).toHaveLength(1);
  });
});

describe("GetModelVersion", () => {
  test("by id, version, tag, and model id", async () => {
    await using services = await openServices();
    const { versions, models } = services.clients;
    const model = await withModel(services.clients);
    const { version } = await versions.createModelVersion({ model, version: "3", tags: ["production"] });
    const modelId = (await models.getModel({ model })).model!.id;
    for (const name of [version!.id, "n/m@3", "n/m@production", `${modelId}@3`]) {
      expect((await versions.getModelVersion({ version: name })).version?.id).toBe(version!.id);
    }
  });

  test("says what is missing", async () => {
    await using services = await openServices();
    const { versions } = services.clients;
    await withModel(services.clients);
    const failure = await failureOf(versions.getModelVersion({ version: "n/m@canary" }));
    expect(failure.message).toBe(
      'There is no version or tag "canary" of model "n/m"; `modelbox client versions list --model n/m` lists them.',
    );
    expect((await failureOf(versions.getModelVersion({ version: "n/other@1" }))).metadata["kind"]).toBe(
      "model",
    );
    expect((await failureOf(versions.getModelVersion({ version: "n/m" }))).fields).toEqual(["version"]);
  });
});

describe("unique tags", () => {
  test("move in one step, with history", async () => {
    await using services = await openServices();
    const { versions, models, changes } = services.clients;
    const model = await withModel(services.clients);
    const one = (await versions.createModelVersion({ model, tags: ["production"] })).version!;
    const two = (await versions.createModelVersion({ model })).version!;
    const moved = await versions.setUniqueTag({ version: "n/m@2", tag: "production" });
    expect(moved).toMatchObject({
      previousVersionId: one.id,
      version: { id: two.id, tags: [{ name: "production" }] },
    });
    expect(moved.version?.etag).not.toBe(two.etag);
    expect((await versions.getModelVersion({ version: "n/m@1" })).version?.tags).toEqual([]);
    expect((await models.getModel({ model })).model?.tags).toEqual({ production: "2" });
    const again = await versions.setUniqueTag({ version: "n/m@2", tag: "production" });
    expect(again).toMatchObject({ previousVersionId: two.id, version: { etag: moved.version!.etag } });
    const removed = await versions.removeUniqueTag({ model, tag: "production" });
    expect(removed.version).toMatchObject({ id: two.id, tags: [] });
    expect(await failureOf(versions.removeUniqueTag({ model, tag: "production" }))).toMatchObject({
      code: "not_found",
    });
    const history = (await versions.listTagHistory({ model, tag: "production" })).assignments;
    expect(history.map((entry) => [entry.version, entry.actor, entry.unsetAt !== undefined])).toEqual([
      ["2", "tester", true],
      ["1", "tester", true],
    ]);
    expect(history[1]?.unsetAt).toEqual(history[0]?.setAt);
    const log = await changes.listChanges({ namespace: "n" });
    expect(
      log.changes.filter((entry) => entry.state.case === "tag").map((entry) => entry.objectPath),
    ).toEqual(["n/m@1", "n/m@1", "n/m@2", "n/m@2"]);
  });

  test("move only from where they are expected", async () => {
    await using services = await openServices();
    const { versions } = services.clients;
    const model = await withModel(services.clients);
    await versions.createModelVersion({ model });
    await versions.createModelVersion({ model });
    const set = (version: string, expectedVersion: string) =>
      versions.setUniqueTag({ version, tag: "production", expectedVersion });
    expect(await failureOf(set("n/m@2", "n/m@1"))).toMatchObject({ code: "aborted", reason: "TAG_MOVED" });
    await set("n/m@1", "none");
    expect((await failureOf(set("n/m@2", "none"))).reason).toBe("TAG_MOVED");
    expect((await set("n/m@2", "n/m@1")).version?.version).toBe("2");
    expect((await failureOf(set("n/m@1", "nobody"))).fields).toEqual(["expected_version"]);
  });

  test("16 at once: each move takes it from the one before", async () => {
    await using services = await openServices();
    const { versions } = services.clients;
    const model = await withModel(services.clients);
    const made = await Promise.all(Array.from({ length: 16 }, () => versions.createModelVersion({ model })));
    const ids = made.map((one) => one.version!.id);
    const moves = await Promise.all(ids.map((version) => versions.setUniqueTag({ version, tag: "hot" })));
    const from = moves.map((one) => one.previousVersionId);
    const carriers = (await versions.listModelVersions({ model, filter: 'tags HAS "hot"' })).versions;
    expect(carriers).toHaveLength(1);
    // Every version but the last carrier was somebody's predecessor once, and one move found nobody.
    expect([...from, carriers[0]!.id].toSorted()).toEqual(["", ...ids].toSorted());
    expect((await versions.listTagHistory({ model, tag: "hot" })).assignments).toHaveLength(16);
  });

  test("history is paged and can be of all tags", async () => {
    await using services = await openServices();
    const { versions } = services.clients;
    const model = await withModel(services.clients);
    await versions.createModelVersion({ model, tags: ["a", "b"] });
    await versions.createModelVersion({ model, tags: ["a"] });
    const seen: string[] = [];
    let pageToken = "";
    do {
      const page = await versions.listTagHistory({ model, pageSize: 1, pageToken });
      seen.push(...page.assignments.map((one) => `${one.tag}@${one.version}`));
      pageToken = page.nextPageToken;
    } while (pageToken !== "");
    expect(seen[0]).toBe("a@2");
    expect(seen.toSorted()).toEqual(["a@1", "a@2", "b@1"]);
  });
});

describe("DeleteModelVersion", () => {
  test("needs recursive for one with tags, and keeps their history", async () => {
    await using services = await openServices();
    const { versions, models } = services.clients;
    const model = await withModel(services.clients);
    await versions.createModelVersion({ model });
    const { version } = await versions.createModelVersion({ model, tags: ["production"] });
    const refused = await failureOf(versions.deleteModelVersion({ version: "n/m@2" }));
    expect(refused).toMatchObject({ code: "failed_precondition", reason: "NOT_EMPTY" });
    expect(refused.message).toContain('"production"');
    expect(refused.message).toContain("modelbox client versions untag");
    await versions.deleteModelVersion({ version: "n/m@production", recursive: true });
    expect((await models.getModel({ model })).model).toMatchObject({ latestVersion: "1", tags: {} });
    const [assignment] = (await versions.listTagHistory({ model, tag: "production" })).assignments;
    expect(assignment).toMatchObject({ versionId: version!.id, version: "2" });
    expect(assignment?.unsetAt).toBeDefined();
  });

  test("is refused while somebody restores it", async () => {
    await using services = await openServices();
    const { versions, leases, models } = services.clients;
    const model = await withModel(services.clients);
    await versions.createModelVersion({ model });
    const { lease } = await leases.acquireLease({
      kind: LeaseKind.RESTORE,
      object: "version:n/m@1",
      holder: "triton",
    });
    expect((await failureOf(versions.deleteModelVersion({ version: "n/m@1", recursive: true }))).reason).toBe(
      "LEASED",
    );
    expect((await failureOf(models.deleteModel({ model, recursive: true }))).reason).toBe("LEASED");
    await leases.releaseLease({ leaseId: lease!.id });
    await models.deleteModel({ model, recursive: true });
  });
});

test("updates title, description and framework", async () => {
  await using services = await openServices();
  const { versions } = services.clients;
  const model = await withModel(services.clients);
  await versions.createModelVersion({ model, framework: "onnx" });
  const update = { name: "A title", description: "words" };
  const updated = await versions.updateModelVersion({ version: "n/m@1", update });
  expect(updated.version).toMatchObject({ ...update, framework: "onnx", version: "1" });
});
