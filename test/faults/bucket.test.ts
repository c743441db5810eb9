import { afterAll, beforeAll, expect, test } from "bun:test";
import { S3_SERVER_LIMIT_MS, startS3Server, type S3Server } from "../support/s3-server.ts";
import { bucketStorage } from "./bucket-storage.ts";
import { SEEDS_LIMIT_MS, brokenPromises, seeds } from "./seeds.ts";

let server: S3Server;
beforeAll(async () => {
  server = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => server?.[Symbol.asyncDispose]());

const { first, count } = seeds({ usual: 30, long: 500 });

test(
  `a bucket loses nothing that was acknowledged, seeds ${first} to ${first + count - 1}`,
  async () => {
    const open = { storage: (faults: Parameters<typeof bucketStorage>[1]) => bucketStorage(server, faults) };
    expect(await brokenPromises({ first, count }, { ...open, rates: [0, 0.05, 0.2] })).toEqual([]);
  },
  SEEDS_LIMIT_MS,
);
