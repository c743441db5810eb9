import { mkdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { assertSameBytes, clear, settle, warmMemory } from "../harness/files.ts";
import { startModelBox } from "../harness/model-box-server.ts";
import type { Contestant } from "../harness/statistics.ts";
import { copyAndHash } from "../peers/copy.ts";
import { startDockerRegistry } from "../peers/docker-registry.ts";
import type { BlobCase } from "./blobs.ts";
import { curlDownload, downloadVersion, prepareModel, uploadVersion, waitUntilVerified } from "./transfer.ts";

/** Stores the file on both servers, which run until this is disposed; every run writes to a new folder. */
export async function downloads(
  blobCase: BlobCase,
): Promise<AsyncDisposable & { readonly contestants: readonly Contestant[] }> {
  const { context, path, dockerRegistry } = blobCase;
  await using stack = new AsyncDisposableStack();
  const server = stack.use(await startModelBox(context, join(context.folder, "stored")));
  await prepareModel(context, server);
  await uploadVersion(context, server, path);
  await waitUntilVerified(server, basename(path));
  const registry =
    dockerRegistry === undefined
      ? undefined
      : stack.use(await startDockerRegistry(dockerRegistry, join(context.folder, "registry")));
  await registry?.upload(path, blobCase.sha256);
  await settle(context.folder);

  const intoFolder = (name: string, measure: (target: string) => Promise<number>): Contestant => ({
    name,
    async measure() {
      const folder = join(context.folder, "download");
      await mkdir(folder);
      try {
        const target = join(folder, basename(path));
        await warmMemory(context.folder, 2 * blobCase.sizeBytes);
        const durationMs = await measure(target);
        await assertSameBytes(path, target);
        return durationMs;
      } finally {
        await clear(folder, context.folder);
      }
    },
  });
  const contestants = [
    intoFolder("modelbox client", () => downloadVersion(context, server, join(context.folder, "download"))),
    intoFolder("cp, openssl", (target) => copyAndHash(path, target)),
    ...(registry
      ? [intoFolder("docker-registry", (target) => registry.download(blobCase.sha256, target))]
      : []),
    intoFolder("curl", (target) => curlDownload(server, basename(path), target)),
  ];
  const running = stack.move();
  return { contestants, [Symbol.asyncDispose]: () => running.disposeAsync() };
}
