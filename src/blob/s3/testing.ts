import type { S3Server } from "../../../test/support/s3-server.ts";
import type { Patience, S3BlobStoreOptions } from "./options.ts";
import { S3Requests } from "./requests.ts";
import type { S3BlobStore } from "./store.ts";

/** Tests don't wait as long as production. */
export const SHORT_PATIENCE: Patience = {
  answerMs: 2_000,
  stallMs: 2_000,
  maxAttempts: 5,
  firstDelayMs: 10,
  maxDelayMs: 100,
  maxTotalMs: 20_000,
};

/** Options for an empty bucket of a server. */
export function optionsFor(server: S3Server, changes: Partial<S3BlobStoreOptions> = {}): S3BlobStoreOptions {
  const { endpoint, region, accessKey, secretKey } = server;
  return {
    endpoint,
    region,
    bucket: changes.bucket ?? server.makeBucket(),
    prefix: "",
    pathStyle: true,
    credentials: { accessKey, secretKey },
    caFile: "",
    serverSideEncryption: "",
    kmsKeyId: "",
    partSizeBytes: 16 * 1024 * 1024,
    env: {},
    patience: SHORT_PATIENCE,
    ...changes,
  };
}

/** What writers and readers that have ended left behind: requests, memory, unfinished uploads, odd objects. */
export async function heldBy(store: S3BlobStore, options: S3BlobStoreOptions): Promise<readonly string[]> {
  await using requests = new S3Requests(options, undefined);
  const uploads = (await requests.uploads("")).map(({ name }) => `upload of ${name}`);
  const { objects } = await requests.list("", "");
  const odd = objects.filter(({ name }) => name.includes(".check/")).map(({ name }) => `object ${name}`);
  const { requests: running, bytes } = store.held;
  return [
    ...uploads,
    ...odd,
    ...(running === 0 ? [] : [`${running} requests`]),
    ...(bytes === 0 ? [] : [`${bytes} bytes of memory`]),
  ];
}
