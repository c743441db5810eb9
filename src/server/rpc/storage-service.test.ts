import { expect, test } from "bun:test";
import { failureOf } from "../../../test/support/failure.ts";
import { openServices } from "../../../test/support/rpc.ts";
import { uploadFiles } from "../../../test/support/upload.ts";
import { ObjectKind } from "../../gen/modelbox/v1/common_pb.ts";

/** Distinct letters: the chunks of a test have four bytes, so each is a chunk of its own. */
const [frozen, first, second] = ["aaaabbbbcccc", "dddd", "eeeeffff"];

/** Two checkpoints that share chunks, a version of the first, and a namespace that has bytes of the second. */
async function filled() {
  const services = await openServices();
  const { clients } = services;
  await clients.experiments.createExperiment({ namespace: "n", name: "e" });
  await clients.models.createModel({ namespace: "n", name: "m" });
  await clients.models.createModel({ namespace: "other", name: "m" });
  const checkpoint = async (step: bigint, content: string) =>
    clients.checkpoints.createCheckpoint({
      experiment: "n/e",
      step,
      files: await uploadFiles(services, "n", { "a.bin": content }),
    });
  await checkpoint(1n, frozen + first);
  await checkpoint(2n, frozen + second);
  await clients.versions.createModelVersion({ model: "n/m", checkpoint: "n/e/step-1" });
  await clients.artifacts.commitArtifact({
    object: "model:n/m",
    name: "notes",
    files: await uploadFiles(services, "n", { note: "gggg", again: "gggg" }),
  });
  await clients.artifacts.commitArtifact({
    object: "model:other/m",
    name: "notes",
    files: await uploadFiles(services, "other", { note: "ffffhhhh" }),
  });
  return services;
}

test("the sums of a namespace, of the server and of each object fit together", async () => {
  await using services = await filled();
  const { storage } = services.clients;
  const { namespaces, server } = await storage.listNamespaceStorage({});
  // Files of 16, 20, 4 and 4 bytes; chunks a b c d e f g.
  const n = {
    name: "n",
    fileCount: 4n,
    logicalBytes: 44n,
    chunkCount: 7n,
    distinctBytes: 28n,
    storedBytes: 28n,
    savedByReuseBytes: 16n,
    savedByEncodingBytes: 0n,
  };
  const other = { name: "other", fileCount: 1n, logicalBytes: 8n, chunkCount: 2n, distinctBytes: 8n };
  expect(namespaces).toMatchObject([n, other]);
  expect(server).toMatchObject({
    fileCount: 5n,
    logicalBytes: 52n,
    chunkCount: 8n,
    storedBytes: 32n,
    savedByReuseBytes: 20n,
    unusedBytes: 0n,
    totalBytes: 32n,
  });
  expect((await storage.getNamespaceStorage({ namespace: "n" })).storage).toMatchObject(n);
  const { objects, nextPageToken, namespace } = await storage.listObjectStorage({ namespace: "n" });
  expect(nextPageToken).toBe("");
  expect(namespace).toMatchObject(n);
  expect(objects).toMatchObject([
    {
      objectKind: ObjectKind.CHECKPOINT,
      objectPath: "n/e/step-1",
      fileCount: 1n,
      logicalBytes: 16n,
      distinctBytes: 16n,
      exclusiveBytes: 0n,
      sharedBytes: 16n,
    },
    // One chunk of it is in the other namespace, too.
    { objectPath: "n/e/step-2", logicalBytes: 20n, exclusiveBytes: 4n, sharedBytes: 16n },
    { objectKind: ObjectKind.VERSION, objectPath: "n/m@1", exclusiveBytes: 0n, sharedBytes: 16n },
    { objectKind: ObjectKind.MODEL, objectPath: "n/m", fileCount: 2n, exclusiveBytes: 4n },
  ]);
  // What is said to be free once it is deleted is unused then.
  const exclusive = objects[1]!.exclusiveBytes;
  await services.clients.checkpoints.deleteCheckpoint({ checkpoint: "n/e/step-2" });
  const after = (await storage.listNamespaceStorage({})).server!;
  expect(after).toMatchObject({ unusedBytes: exclusive, storedBytes: 28n, totalBytes: 32n });
});

test("objects come in pages, each once, also those with several artifacts", async () => {
  await using services = await filled();
  const { artifacts, storage } = services.clients;
  for (const name of ["more", "even-more"]) {
    const files = await uploadFiles(services, "n", { [name]: name });
    for (const object of ["model:n/m", "checkpoint:n/e/step-1"])
      await artifacts.commitArtifact({ object, name: `${name}`, files }).catch(() => undefined);
  }
  const paths: string[] = [];
  let pageToken = "";
  do {
    const page = await storage.listObjectStorage({ namespace: "n", pageSize: 1, pageToken });
    expect(page.objects.length).toBeLessThanOrEqual(1);
    paths.push(...page.objects.map((one) => one.objectPath));
    pageToken = page.nextPageToken;
  } while (pageToken !== "");
  expect(paths).toEqual(["n/e/step-1", "n/e/step-2", "n/m@1", "n/m"]);
  const [one] = (await storage.listObjectStorage({ namespace: "n", pageSize: 1 })).objects;
  expect(one?.objectPath).toBe("n/e/step-1");
  const { nextPageToken } = await storage.listObjectStorage({ namespace: "n", pageSize: 1 });
  const wrong = storage.listObjectStorage({ namespace: "other", pageToken: nextPageToken });
  expect((await failureOf(wrong)).fields).toEqual(["page_token"]);
});

test("a namespace that may not be read is not there, and shows in sums only", async () => {
  await using services = await filled();
  const { namespace } = await services.clients.namespaces.getNamespace({ namespace: "n" });
  const reader = services.as({ actor: "reader", readable: [namespace!.id], writable: [] });
  const { namespaces, server } = await reader.storage.listNamespaceStorage({});
  expect(namespaces.map((one) => one.name)).toEqual(["n"]);
  expect(server?.totalBytes).toBe(32n);
  for (const call of [
    reader.storage.getNamespaceStorage({ namespace: "other" }),
    reader.storage.listObjectStorage({ namespace: "other" }),
  ])
    expect((await failureOf(call)).code).toBe("not_found");
  const { objects } = await reader.storage.listObjectStorage({ namespace: "n" });
  expect(JSON.stringify(objects.map((one) => one.objectPath))).not.toContain("other");
});

test("what uploads hold is unused until it is committed, and reservations show", async () => {
  await using services = await openServices();
  const { namespaces, models, artifacts, storage } = services.clients;
  await namespaces.createNamespace({ name: "n", quotaBytes: 100n });
  await models.createModel({ namespace: "n", name: "m" });
  const files = await uploadFiles(services, "n", { x: "aaaabbbb" });
  await artifacts.beginUpload({ namespace: "n", sizeBytes: 60n });
  const before = await storage.listNamespaceStorage({});
  expect(before.server).toMatchObject({ unusedBytes: 8n, storedBytes: 0n, totalBytes: 8n });
  expect(before.namespaces).toMatchObject([{ quotaBytes: 100n, reservedBytes: 60n, logicalBytes: 0n }]);
  await artifacts.commitArtifact({ object: "model:n/m", name: "a", files });
  const { server } = await storage.listNamespaceStorage({});
  expect(server).toMatchObject({ unusedBytes: 0n, storedBytes: 8n, totalBytes: 8n });
});
