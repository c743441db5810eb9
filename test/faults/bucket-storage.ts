import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { S3BlobStore } from "../../src/blob/s3/store.ts";
import { optionsFor } from "../../src/blob/s3/testing.ts";
import type { S3Server } from "../support/s3-server.ts";
import { openGateway } from "./fault-gateway.ts";
import type { Faults } from "./faults.ts";
import type { TestStorage } from "./world.ts";

/** The S3 driver over a bucket of its own in a real store, with a gateway between them where requests go wrong. */
export function bucketStorage(server: S3Server, { random }: Faults): TestStorage {
  const bucket = server.makeBucket();
  const folder = server.folderOf(bucket);
  const opened = new AsyncDisposableStack();
  const objects = (): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return {
    async open(steps) {
      const gateway = opened.use(await openGateway(server, steps));
      return opened.use(await S3BlobStore.open(optionsFor(server, { bucket, endpoint: gateway.endpoint })));
    },
    // What the store has acknowledged is durable.
    powerFailure() {},
    damage() {
      const keys = objects();
      if (keys.length === 0) return undefined;
      const key = random.pick(keys.toSorted());
      const bytes = readFileSync(join(folder, key));
      if (bytes.length === 0) return undefined;
      const offset = random.below(bytes.length);
      bytes[offset] = (bytes[offset] ?? 0) ^ 1;
      writeFileSync(join(folder, key), bytes);
      return key;
    },
    everything: async () => objects(),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}
