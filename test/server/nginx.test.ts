import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, Metadata, credentials } from "@grpc/grpc-js";
import { createModelBoxClient, watchChanges, type ModelBoxClient } from "../../src/client/index.ts";
import {
  GetNamespaceRequestSchema,
  GetNamespaceResponseSchema,
} from "../../src/gen/modelbox/v1/namespace_service_pb.ts";
import { someBytes } from "../support/blobs.ts";
import { createAuthority } from "../support/certificates.ts";
import { sharedDatabaseServer } from "../support/database-servers.ts";
import { errorOf } from "../support/failure.ts";
import { startNginx, type Nginx } from "../support/nginx.ts";
import { S3_SERVER_LIMIT_MS, startS3Server } from "../support/s3-server.ts";
import { inBucket, onDatabase } from "../support/storage-environment.ts";
import { modelboxWith, startServer, temporaryFolder, until, type TestServer } from "../support/server.ts";

const MIB = 1024 * 1024;
const FILE_BYTES = 40 * MIB + 12_345;
const SERVERS = 3;
const CLIENTS = 8;
const CREATES_PER_CLIENT = 25;
const TEST_LIMIT_MS = 120_000;

const folder = temporaryFolder();
const authority = createAuthority(folder.path);
const opened = new AsyncDisposableStack();
let servers: readonly TestServer[];
let nginx: Nginx;
let token: string;
let client: ModelBoxClient;

beforeAll(async () => {
  const database = await sharedDatabaseServer("postgres");
  const settings = await database.newDatabase();
  opened.defer(() => database.dropDatabase(settings.dbname));
  const s3 = opened.use(await startS3Server());
  const env = {
    ...onDatabase("postgres", { ...settings, poolSize: 4 }),
    ...inBucket(s3, s3.makeBucket()),
    MODELBOX_AUTH: "token",
  };
  servers = await Promise.all(
    Array.from({ length: SERVERS }, (_, index) => startServer(join(folder.path, `server-${index}`), env)),
  );
  for (const server of servers) opened.use(server);
  nginx = opened.use(await startNginx(servers, authority.issue("proxy")));
  const made = await modelboxWith(env, folder.path, ..."server tokens create --name ci --json".split(" "));
  token = (JSON.parse(made.stdout) as { text: string }).text;
  const tls = { ca: readFileSync(authority.cert, "utf8") };
  client = createModelBoxClient({ serverAddr: nginx.httpAddr, token, tls });
  await client.namespaces.createNamespace({ name: "team", owner: "a@example.com" });
  await client.experiments.createExperiment({ namespace: "team", name: "run", owner: "a@example.com" });
}, S3_SERVER_LIMIT_MS);
afterAll(async () => {
  await opened.disposeAsync();
  folder[Symbol.dispose]();
});

/** Runs the command line against the proxy; throws unless it succeeded. */
async function modelbox(command: string, ...more: string[]): Promise<string> {
  const env = {
    MODELBOX_SERVER_ADDR: nginx.httpAddr,
    MODELBOX_TOKEN: token,
    MODELBOX_CA_FILE: authority.cert,
  };
  const run = await modelboxWith(env, folder.path, "client", ...command.split(" "), ...more);
  if (run.exitCode !== 0) throw new Error(`${command} ended with ${run.exitCode}: ${run.stderr}`);
  return run.stdout;
}

/** The server that the proxy has sent the watch to. */
async function withTheWatch(): Promise<TestServer> {
  return await until("watch to be at one of the servers", async () => {
    for (const server of servers) {
      const headers = { authorization: `Bearer ${token}` };
      const metrics = await (await fetch(`${server.httpAddr}/metrics`, { headers })).text();
      if (/^modelbox_open_watches(\{\})? 1$/m.test(metrics)) return server;
    }
    return undefined;
  });
}

test(
  "files go in and out through the proxy, by the command line and by plain HTTP",
  async () => {
    const file = join(folder.path, "model.bin");
    writeFileSync(file, someBytes(FILE_BYTES));
    await modelbox("checkpoints create --experiment team/run --step 1", file);
    await modelbox("checkpoints download team/run/step-1 --output", join(folder.path, "first"));
    expect(readFileSync(join(folder.path, "first/model.bin")).equals(readFileSync(file))).toBe(true);
    const answer = await fetch(
      `${nginx.httpAddr}/v1/files?object=checkpoint:team/run/step-1&path=model.bin`,
      {
        headers: { authorization: `Bearer ${token}`, range: `bytes=${MIB}-${2 * MIB - 1}` },
        tls: { ca: readFileSync(authority.cert, "utf8") },
      },
    );
    expect(answer.status).toBe(206);
    const part = Buffer.from(await answer.arrayBuffer());
    expect(part.equals(readFileSync(file).subarray(MIB, 2 * MIB))).toBe(true);
  },
  TEST_LIMIT_MS,
);

test("a body in one piece that is larger than any default limit is passed on", async () => {
  const bytes = someBytes(FILE_BYTES);
  await client.models.createModel({ namespace: "team", name: "plain", owner: "a@example.com" });
  const query = "object=model:team/plain&artifact=weights&path=plain.bin";
  const answer = await fetch(`${nginx.httpAddr}/v1/files?${query}`, {
    method: "PUT",
    headers: { authorization: `Bearer ${token}` },
    body: bytes,
    tls: { ca: readFileSync(authority.cert, "utf8") },
  });
  expect(await answer.text()).toContain(String(FILE_BYTES));
  expect(answer.ok).toBe(true);
});

test("native gRPC has the same address, and Connect beside it", async () => {
  const tls = credentials.createSsl(readFileSync(authority.cert));
  const grpc = new Client(nginx.grpcAddr, tls);
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${token}`);
  const message = toBinary(
    GetNamespaceRequestSchema,
    create(GetNamespaceRequestSchema, { namespace: "team" }),
  );
  const answer = await new Promise<Buffer>((resolve, reject) => {
    const same = (bytes: Buffer): Buffer => bytes;
    const method = "/modelbox.v1.NamespaceService/GetNamespace";
    grpc.makeUnaryRequest(method, same, same, Buffer.from(message), metadata, (error, value) =>
      error === null && value !== undefined ? resolve(value) : reject(error ?? new Error("no answer")),
    );
  });
  grpc.close();
  expect(fromBinary(GetNamespaceResponseSchema, new Uint8Array(answer)).namespace?.name).toBe("team");
});

test("without a token nobody gets through, and metrics are not shown", async () => {
  const tls = { ca: readFileSync(authority.cert, "utf8") };
  const stranger = createModelBoxClient({ serverAddr: nginx.httpAddr, tls });
  const refused = await errorOf(stranger.namespaces.getNamespace({ namespace: "team" }));
  expect(refused).toMatchObject({ kind: "unauthenticated" });
  expect((await fetch(`${nginx.httpAddr}/metrics`, { tls })).status).toBe(404);
});

test(
  "a killed server costs nobody anything: calls, a transfer and a watch go on, and nothing is missing",
  async () => {
    await client.namespaces.createNamespace({ name: "crowd", owner: "a@example.com" });
    const stop = new AbortController();
    const seen: string[] = [];
    const total = CLIENTS * CREATES_PER_CLIENT;
    const watch = (async () => {
      const options = { namespace: "crowd", afterSequence: 1n, signal: stop.signal };
      for await (const { change } of watchChanges(client, options)) {
        if (change === undefined) continue;
        seen.push(`${change.sequence} ${change.objectPath}`);
        if (seen.length === total) return;
      }
    })();
    const file = join(folder.path, "later.bin");
    writeFileSync(file, someBytes(FILE_BYTES));
    const upload = modelbox("checkpoints create --experiment team/run --step 2", file);
    let created = 0;
    const names = Array.from({ length: CLIENTS }, (_, one) =>
      Array.from({ length: CREATES_PER_CLIENT }, (_unused, index) => `run-${one}-${index}`),
    );
    const creates = names.map(async (own) => {
      for (const name of own) {
        await client.experiments.createExperiment({ namespace: "crowd", name, owner: "a@example.com" });
        created += 1;
      }
    });
    await until("a third of the calls", () => (created * 3 > total ? true : undefined));
    (await withTheWatch()).signal("SIGKILL");
    await Promise.all([...creates, upload]);
    await watch;
    expect(seen.map((line) => line.split(" ")[0])).toEqual(
      Array.from({ length: total }, (_, index) => String(index + 2)),
    );
    expect(new Set(seen.map((line) => line.split("/")[1]))).toEqual(new Set(names.flat()));
    await modelbox("checkpoints download team/run/step-2 --output", join(folder.path, "second"));
    expect(readFileSync(join(folder.path, "second/later.bin")).equals(readFileSync(file))).toBe(true);
  },
  TEST_LIMIT_MS,
);
