import { afterAll, beforeAll } from "bun:test";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../../../test/support/s3-server.ts";
import { testBlobStore } from "../conformance.ts";
import { S3BlobStore } from "./store.ts";
import { heldBy, optionsFor } from "./testing.ts";

let server: S3Server;

beforeAll(async () => {
  server = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => server?.[Symbol.asyncDispose]());

const variants = [
  ["", {}],
  [" with a prefix", { prefix: "team/models" }],
  // What is written goes on at once.
  [" without room for buffers", { bufferBytes: 0 }],
] as const;

for (const [name, changes] of variants) {
  testBlobStore({
    name: `S3BlobStore${name}`,
    async create() {
      const options = optionsFor(server, changes);
      const store = await S3BlobStore.open(options);
      return {
        store,
        leftovers: () => heldBy(store, options),
        dispose: () => store[Symbol.asyncDispose](),
      };
    },
  });
}
