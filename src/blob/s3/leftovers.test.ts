import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../../../test/support/s3-server.ts";
import { S3Requests } from "./requests.ts";
import { S3BlobStore } from "./store.ts";
import { optionsFor } from "./testing.ts";

const DAYS_MS = 24 * 3_600_000;

let server: S3Server;

beforeAll(async () => {
  server = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(() => server?.[Symbol.asyncDispose]());

/** Lets an upload look as if it had been begun before. */
function makeOlder(bucket: string, id: string, ageMs: number): void {
  const folder = server.folderOf(bucket);
  const path = readdirSync(folder, { recursive: true, encoding: "utf8" }).find((one) => one.endsWith(id));
  if (path === undefined) throw new Error(`the server keeps no upload ${id}`);
  const at = new Date(Date.now() - ageMs);
  utimesSync(join(folder, path), at, at);
}

test("a start aborts old uploads of its own prefix, and no others", async () => {
  const options = optionsFor(server, { prefix: "models" });
  await using requests = new S3Requests(options, undefined);
  const [old, young, foreign] = [
    await requests.beginUpload("models/chunks/ab/cd/old.1"),
    await requests.beginUpload("models/chunks/ab/cd/young.1"),
    await requests.beginUpload("others/chunks/ab/cd/old.1"),
  ];
  makeOlder(options.bucket, old, 2 * DAYS_MS);
  makeOlder(options.bucket, foreign, 2 * DAYS_MS);
  await using _store = await S3BlobStore.open(options);
  const left = (await requests.uploads("")).map(({ id }) => id);
  expect(left.sort()).toEqual([young, foreign].sort());
});
