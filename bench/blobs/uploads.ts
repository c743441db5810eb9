import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { clear, warmMemory } from "../harness/files.ts";
import { startModelBox } from "../harness/model-box-server.ts";
import type { Contestant } from "../harness/statistics.ts";
import { copyAndHash, copyFlushAndHash } from "../peers/copy.ts";
import { startDockerRegistry } from "../peers/docker-registry.ts";
import type { BlobCase } from "./blobs.ts";
import { curlUpload, prepareModel, uploadVersion } from "./transfer.ts";

/** Every run begins with nothing stored: what a server has already it would not take again. */
export function uploads(blobCase: BlobCase): readonly Contestant[] {
  const { context, path, dockerRegistry } = blobCase;
  const inFolder = (name: string, measure: (folder: string) => Promise<number>): Contestant => ({
    name,
    async measure() {
      const folder = join(context.folder, "upload");
      await mkdir(folder);
      try {
        await warmMemory(context.folder, 2 * blobCase.sizeBytes);
        return await measure(folder);
      } finally {
        await clear(folder, context.folder);
      }
    },
  });
  return [
    inFolder("modelbox client", async (folder) => {
      await using server = await startModelBox(context, folder);
      await prepareModel(context, server);
      return await uploadVersion(context, server, path);
    }),
    inFolder("cp, openssl", (folder) => copyAndHash(path, join(folder, "copy"))),
    ...(dockerRegistry === undefined
      ? []
      : [
          inFolder("docker-registry", async (folder) => {
            await using registry = await startDockerRegistry(dockerRegistry, folder);
            return await registry.upload(path, blobCase.sha256);
          }),
        ]),
    inFolder("curl", async (folder) => {
      await using server = await startModelBox(context, folder);
      await prepareModel(context, server);
      return await curlUpload(server, path);
    }),
    inFolder("cp, sync, openssl", (folder) => copyFlushAndHash(path, join(folder, "copy"))),
  ];
}
