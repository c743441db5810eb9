import { expect, test } from "bun:test";
import { failureOf } from "../../test/support/failure.ts";
import { openServices, type TestServices } from "../../test/support/rpc.ts";
import { uploadFiles } from "../../test/support/upload.ts";

const text = (bytes: number) => "x".repeat(bytes);
const object = "model:n/m";

/** A namespace with a quota, and a model in it. */
async function open(quotaBytes: bigint): Promise<TestServices> {
  const services = await openServices();
  await services.clients.namespaces.createNamespace({ name: "n", owner: "ada@example.com", quotaBytes });
  await services.clients.models.createModel({ namespace: "n", name: "m" });
  return services;
}

const begin = ({ clients }: TestServices, sizeBytes: number) =>
  clients.artifacts.beginUpload({ namespace: "n", sizeBytes: BigInt(sizeBytes) });

test("an upload reserves its bytes when it begins, and is refused when there is no room", async () => {
  await using services = await open(100n);
  const { artifacts, leases } = services.clients;
  const { lease } = await begin(services, 60);
  const failure = await failureOf(begin(services, 41));
  expect(failure).toMatchObject({
    code: "resource_exhausted",
    reason: "QUOTA_EXCEEDED",
    metadata: {
      namespace: "n",
      quota_bytes: "100",
      used_bytes: "0",
      reserved_bytes: "60",
      wanted_bytes: "41",
    },
  });
  expect(failure.message).toContain("ask its owner ada@example.com");
  // To the last byte.
  await begin(services, 40);
  expect((await failureOf(begin(services, 1))).reason).toBe("QUOTA_EXCEEDED");
  await leases.releaseLease({ leaseId: lease!.id });
  await begin(services, 60);
  // Other namespaces are not concerned.
  await artifacts.beginUpload({ namespace: "other", sizeBytes: 10n ** 12n });
});

test("the reservation of an upload that runs out is free at once", async () => {
  await using services = await open(100n);
  await begin(services, 100);
  expect((await failureOf(begin(services, 1))).reason).toBe("QUOTA_EXCEEDED");
  services.clock.advanceMs(11 * 60_000);
  await begin(services, 100);
});

test("a commit gets what it reserved, and of what it did not only what is free", async () => {
  await using services = await open(100n);
  const { artifacts, namespaces } = services.clients;
  const commit = async (name: string, bytes: number) => {
    // Without a size: nothing is known before the commit.
    const files = await uploadFiles(services, "n", { x: text(bytes) });
    return artifacts.commitArtifact({ object, name, files });
  };
  await commit("first", 30);
  const { lease } = await begin(services, 50);
  expect(await failureOf(commit("second", 21))).toMatchObject({
    reason: "QUOTA_EXCEEDED",
    metadata: { used_bytes: "30", reserved_bytes: "50", wanted_bytes: "21" },
  });
  expect((await artifacts.listArtifacts({ object })).artifacts.map((one) => one.name)).toEqual(["first"]);
  await commit("third", 20);
  // Lowered below what is used: nothing goes, what has begun may end, and nothing new begins.
  await namespaces.updateNamespace({ namespace: "n", update: { quotaBytes: 10n } });
  const { files } = await uploadFiles(services, "n2", { x: text(50) });
  await expectHeld(services, lease!.id, text(50));
  const { exists } = await artifacts.commitArtifact({
    object,
    name: "reserved",
    files: { leaseId: lease!.id, files: files! },
  });
  expect(exists).toBe(false);
  expect(await failureOf(begin(services, 0))).toMatchObject({ reason: "QUOTA_EXCEEDED" });
  await namespaces.updateNamespace({ namespace: "n", updateMask: { paths: ["quota_bytes"] } });
  expect((await namespaces.getNamespace({ namespace: "n" })).namespace?.quotaBytes).toBeUndefined();
  await begin(services, 10 ** 12);
});

test("a deletion frees its bytes at once, and copies and tracked files take none", async () => {
  await using services = await open(50n);
  const { artifacts, checkpoints, versions, experiments } = services.clients;
  await experiments.createExperiment({ namespace: "n", name: "e" });
  const files = await uploadFiles(services, "n", { x: text(50) });
  await checkpoints.createCheckpoint({ experiment: "n/e", step: 1n, files });
  await versions.createModelVersion({ model: "n/m", checkpoint: "n/e/step-1" });
  await artifacts.trackArtifact({
    object,
    name: "tracked",
    files: [{ path: "x", uri: "s3://bucket/x", sizeBytes: 10n ** 12n }],
  });
  expect((await failureOf(begin(services, 1))).reason).toBe("QUOTA_EXCEEDED");
  await versions.deleteModelVersion({ version: "n/m@1" });
  expect((await failureOf(begin(services, 1))).reason).toBe("QUOTA_EXCEEDED");
  await checkpoints.deleteCheckpoint({ checkpoint: "n/e/step-1" });
  await begin(services, 50);
});

test("a namespace that is created again with another quota is another one", async () => {
  await using services = await open(100n);
  const { namespaces } = services.clients;
  const same = { name: "n", owner: "ada@example.com" };
  expect((await namespaces.createNamespace({ ...same, quotaBytes: 100n })).exists).toBe(true);
  expect((await failureOf(namespaces.createNamespace(same))).message).toContain("quota");
  expect((await failureOf(namespaces.createNamespace({ name: "o", quotaBytes: -1n }))).fields).toEqual([
    "quota_bytes",
  ]);
  const update = { namespace: "n", update: { quotaBytes: -1n } };
  expect((await failureOf(namespaces.updateNamespace(update))).fields).toEqual(["update.quota_bytes"]);
});

/** Lets the lease hold chunks that are stored already. */
async function expectHeld({ clients }: TestServices, leaseId: string, content: string): Promise<void> {
  const bytes = Buffer.from(content);
  const chunks = Array.from({ length: Math.ceil(bytes.byteLength / 4) }, (_, index) => {
    const part = bytes.subarray(index * 4, index * 4 + 4);
    const sha256 = new Bun.CryptoHasher("sha256").update(part).digest("hex");
    return { sha256, sizeBytes: BigInt(part.byteLength) };
  });
  const { missing } = await clients.artifacts.findMissingChunks({ leaseId, chunks });
  expect(missing).toEqual([]);
}
