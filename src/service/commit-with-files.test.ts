import { expect, test } from "bun:test";
import type { MetadataStore } from "../domain/metadata-store.ts";
import { everybody, openServices } from "../../test/support/rpc.ts";
import { uploadFiles } from "../../test/support/upload.ts";
import type { FileSetInput } from "./blobs/commit.ts";
import { createCheckpoint } from "./checkpoints/create.ts";
import { deleteCheckpoint } from "./checkpoints/delete.ts";

const experiment = { type: "path", namespace: "n", name: "e" } as const;
const checkpoint = { type: "path", experiment, name: "step-1" } as const;

/** The store, which does something else before its read number `at`. */
function interrupted(metadata: MetadataStore, at: number, work: () => Promise<unknown>): MetadataStore {
  let reads = 0;
  return {
    async read(reading) {
      reads += 1;
      if (reads === at) await work();
      return metadata.read(reading);
    },
    write: (writing) => metadata.write(writing),
    onChanges: (namespaceId, listener) => metadata.onChanges(namespaceId, listener),
    check: () => metadata.check(),
    [Symbol.asyncDispose]: () => metadata[Symbol.asyncDispose](),
  };
}

async function prepare(services: Awaited<ReturnType<typeof openServices>>) {
  await services.clients.experiments.createExperiment({ namespace: "n", name: "e" });
  const uploaded = await uploadFiles(services, "n", { "model.bin": "0123456789" });
  const files: FileSetInput = {
    leaseId: uploaded.leaseId!,
    files: uploaded.files!.map((file) => ({
      path: file.path!,
      sizeBytes: Number(file.sizeBytes),
      sha256: file.sha256!,
      chunks: file.chunks!.map((chunk) => ({ digest: chunk.sha256!, sizeBytes: Number(chunk.sizeBytes) })),
    })),
  };
  const fields = { name: "", step: 1n, epoch: undefined, labels: {}, metrics: {}, fence: undefined };
  return { ...fields, experiment, files, requestId: "" };
}

// Reads of a create: is it done already, then the lease, then the chunks that it holds.
for (const at of [2, 3]) {
  test(`an equal call that commits before read ${at} has done the work, and its lease is no error`, async () => {
    await using services = await openServices();
    const input = await prepare(services);
    const { service } = services;
    const other = () => createCheckpoint(service, everybody, input);
    const late = { ...service, metadata: interrupted(service.metadata, at, other) };
    const answer = await createCheckpoint(late, everybody, input);
    expect(answer).toMatchObject({ exists: true, checkpoint: { name: "step-1" } });
    expect(
      (await services.clients.checkpoints.listCheckpoints({ experiment: "n/e" })).checkpoints,
    ).toHaveLength(1);
  });
}

test("an object that is deleted while a retry looks at it is not made without its files", async () => {
  await using services = await openServices();
  const input = await prepare(services);
  const { service } = services;
  await createCheckpoint(service, everybody, input);
  const metadata: MetadataStore = {
    ...interrupted(service.metadata, 0, () => Promise.resolve()),
    // The first read has found the checkpoint; it goes before the transaction begins.
    async write(writing) {
      const options = { checkpoint, recursive: false, etag: "", requestId: "" };
      await deleteCheckpoint(service, everybody, options);
      return service.metadata.write(writing);
    },
  };
  const error = await createCheckpoint({ ...service, metadata }, everybody, input).catch(
    (reason: unknown) => reason,
  );
  expect(error).toMatchObject({ kind: "conflict", reason: "CHANGED_MEANWHILE" });
  expect((await services.clients.checkpoints.listCheckpoints({ experiment: "n/e" })).checkpoints).toEqual([]);
});
