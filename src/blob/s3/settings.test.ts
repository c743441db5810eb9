import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { temporaryFolder, type TemporaryFolder } from "../testing.ts";
import { freePort } from "../../../test/support/free-port.ts";
import { startS3Server, S3_SERVER_LIMIT_MS, type S3Server } from "../../../test/support/s3-server.ts";
import { keysOf, put, rejection } from "../conformance.ts";
import type { S3BlobStoreOptions } from "./options.ts";
import { writeHeaders } from "./requests.ts";
import { S3BlobStore } from "./store.ts";
import { optionsFor } from "./testing.ts";

let server: S3Server;
let folder: TemporaryFolder;

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await startS3Server();
}, S3_SERVER_LIMIT_MS);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await folder?.[Symbol.asyncDispose]();
});

/** What opening a store with these options is refused with. */
async function refusal(changes: Partial<S3BlobStoreOptions>): Promise<unknown> {
  return rejection(S3BlobStore.open(optionsFor(server, changes)));
}

function about(setting: string, message: RegExp): object {
  return { name: "SettingError", setting, message: expect.stringMatching(message) };
}

describe("a start says which setting is wrong, and what to do", () => {
  const secretKey = "not-the-secret";

  test("an unknown access key", async () => {
    const credentials = { accessKey: "somebody", secretKey };
    expect(await refusal({ credentials })).toMatchObject(
      about("access_key", /refuses the keys; check access_key and secret_key .*InvalidAccessKeyId/),
    );
  });

  test("a wrong secret key, which the message does not hold", async () => {
    const credentials = { accessKey: server.accessKey, secretKey };
    const error = await refusal({ credentials });
    expect(error).toMatchObject(about("access_key", /refuses the keys.*SignatureDoesNotMatch/));
    expect(Bun.inspect(error)).not.toContain(secretKey);
  });

  test("no keys anywhere", async () => {
    const nobody = `http://127.0.0.1:${await freePort()}`;
    const env = { AWS_EC2_METADATA_SERVICE_ENDPOINT: nobody };
    expect(await refusal({ credentials: undefined, env })).toMatchObject(
      about("access_key", /needs keys: set access_key and secret_key, or AWS_ACCESS_KEY_ID/),
    );
  });

  test("keys without rights", async () => {
    const credentials = await server.makeUser();
    expect(await refusal({ credentials })).toMatchObject(
      about(
        "access_key",
        /may not do everything .* allow s3:ListBucket on it, and s3:GetObject.*AccessDenied/,
      ),
    );
  });

  test("a missing bucket", async () => {
    expect(await refusal({ bucket: "not-there" })).toMatchObject(
      about("bucket", /no bucket "not-there"; create it, or set another one/),
    );
  });

  test("another region", async () => {
    expect(await refusal({ region: "eu-north-1" })).toMatchObject(
      about("region", /not in the region "eu-north-1"/),
    );
  });

  test("an address where nobody listens", async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`;
    expect(await refusal({ endpoint })).toMatchObject(
      about("endpoint", /can't be reached; check the address/),
    );
  });

  test("an address of something else", async () => {
    using other = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
    const endpoint = `http://127.0.0.1:${other.port}`;
    expect(await refusal({ endpoint })).toMatchObject(about("endpoint", /does not answer as S3 does/));
  });

  test("a file of certificates that can't be read", async () => {
    const caFile = join(folder.path, "missing.pem");
    expect(await refusal({ caFile })).toMatchObject(about("ca_file", /missing\.pem can't be read .*ENOENT/));
  });
});

test("keys of the environment are used when none are given", async () => {
  const env = { AWS_ACCESS_KEY_ID: server.accessKey, AWS_SECRET_ACCESS_KEY: server.secretKey };
  await using store = await S3BlobStore.open(optionsFor(server, { credentials: undefined, env }));
  await store.check();
});

describe("a store over TLS", () => {
  let secure: S3Server;
  let cert: string;

  beforeAll(async () => {
    cert = join(folder.path, "cert.pem");
    const key = join(folder.path, "key.pem");
    const command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test";
    const files = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert];
    const made = Bun.spawnSync([...command.split(" "), ...files], {
      stdin: "ignore",
      stdout: "ignore",
      stderr: "pipe",
    });
    if (made.exitCode !== 0) throw new Error(`openssl failed: ${made.stderr.toString()}`);
    secure = await startS3Server({ tls: { cert, key } });
  });
  afterAll(() => secure?.[Symbol.asyncDispose]());

  test("is trusted when its issuer is named", async () => {
    await using store = await S3BlobStore.open(optionsFor(secure, { caFile: cert }));
    await put(store, "chunks/ab/cd/abcd.1", new Uint8Array(100_000));
    expect(await keysOf(store, "")).toEqual(["chunks/ab/cd/abcd.1"]);
    const bytes = await store.readBytes("chunks/ab/cd/abcd.1", { offsetBytes: 0, lengthBytes: 100_000 });
    expect(bytes).toEqual(new Uint8Array(100_000));
  });

  test("is refused otherwise, at once", async () => {
    const begin = performance.now();
    expect(await rejection(S3BlobStore.open(optionsFor(secure)))).toMatchObject(
      about("ca_file", /certificate of .* is not trusted; set ca_file/),
    );
    expect(performance.now() - begin).toBeLessThan(2_000);
  });
});

test("encryption is asked for with every object", () => {
  expect(writeHeaders({ serverSideEncryption: "", kmsKeyId: "" })).toEqual({});
  expect(writeHeaders({ serverSideEncryption: "AES256", kmsKeyId: "" })).toEqual({
    "x-amz-server-side-encryption": "AES256",
  });
  expect(writeHeaders({ serverSideEncryption: "aws:kms", kmsKeyId: "key-1" })).toEqual({
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "key-1",
  });
});
