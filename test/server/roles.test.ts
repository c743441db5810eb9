import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createModelBoxClient, watchChanges } from "../../src/client/index.ts";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../src/gen/grpc/health/v1/health_pb.ts";
import { someBytes } from "../support/blobs.ts";
import { createAuthority } from "../support/certificates.ts";
import { openDeployment, type Deployment } from "../support/deployment.ts";
import { freePort } from "../support/free-port.ts";
import { S3_SERVER_LIMIT_MS } from "../support/s3-server.ts";
import { modelboxWith, temporaryFolder, until, type Run, type TestServer } from "../support/server.ts";

const MIB = 1024 * 1024;
const FILE_BYTES = 40 * MIB + 12_345;
const LIMIT_MS = 120_000;

const keys = temporaryFolder();
let deployment: Deployment;
let token: string;
let ca: string;
/** One for each, so that it can come back at its address. */
let blobPorts: readonly number[];
const blobServers: TestServer[] = [];
const metadataServers: TestServer[] = [];

beforeAll(async () => {
  const authority = createAuthority(keys.path);
  const own = authority.issue("server");
  ca = readFileSync(authority.cert, "utf8");
  deployment = await openDeployment("mysql", {
    MODELBOX_AUTH: "token",
    MODELBOX_TLS_CERT_FILE: own.cert,
    MODELBOX_TLS_KEY_FILE: own.key,
  });
  token = await deployment.makeToken("ci");
  blobPorts = [await freePort(), await freePort()];
  const blobAddrs = blobPorts.map((port) => `https://127.0.0.1:${port}`).join();
  for (let index = 0; index < 2; index += 1) {
    const env = { MODELBOX_ROLES: "metadata", MODELBOX_PUBLIC_BLOB_ADDRS: blobAddrs };
    metadataServers.push(await deployment.start(env, { ca }));
  }
  for (const index of blobPorts.keys()) await startBlobServer(index);
}, S3_SERVER_LIMIT_MS);
afterAll(async () => {
  await deployment?.[Symbol.asyncDispose]();
  keys[Symbol.dispose]();
}, LIMIT_MS);

async function startBlobServer(index: number): Promise<void> {
  blobServers[index] = await deployment.start(
    {
      MODELBOX_ROLES: "blob",
      MODELBOX_LISTEN_ADDR: `127.0.0.1:${blobPorts[index]}`,
      MODELBOX_PUBLIC_SERVER_ADDR: metadataServers[0]!.httpAddr,
    },
    { ca },
  );
}

/** Runs the command line against one of the servers. */
function run(server: TestServer, ...args: string[]): Promise<Run> {
  const env = {
    MODELBOX_SERVER_ADDR: server.httpAddr,
    MODELBOX_TOKEN: token,
    MODELBOX_CA_FILE: join(keys.path, "authority.pem"),
  };
  return modelboxWith(env, deployment.folder, "client", ...args);
}

async function mustRun(server: TestServer, line: string): Promise<void> {
  const { stderr, exitCode } = await run(server, ...line.split(" "));
  expect({ line, stderr: exitCode === 0 ? "" : stderr, exitCode }).toEqual({ line, stderr: "", exitCode: 0 });
}

function clientOf(server: TestServer) {
  return createModelBoxClient({ serverAddr: server.httpAddr, token, tls: { ca } });
}

function ask(server: TestServer, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { Authorization: `Bearer ${token}` };
  return fetch(server.httpAddr + path, { ...init, headers, tls: { ca } });
}

/** The sum of a metric over its labels. */
async function metric(server: TestServer, name: string, labels = ""): Promise<number> {
  const text = await (await ask(server, "/metrics")).text();
  const lines = text.split("\n").filter((line) => line.startsWith(name) && line.includes(labels));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** So much that all servers have bytes in hand when one dies, and not so much that they say that they can't work. */
function slowDown(): void {
  deployment.s3Proxy.inject({ kind: "delay", ms: 300 });
}

function writeModel(name: string, seed: number): Buffer {
  const bytes = Buffer.from(someBytes(FILE_BYTES, seed));
  writeFileSync(join(deployment.folder, name), bytes);
  return bytes;
}

describe("a server with one role", () => {
  test("says what it is and is healthy, over HTTP and gRPC", async () => {
    for (const server of [...metadataServers, ...blobServers]) {
      const isBlob = blobServers.includes(server);
      const info = await clientOf(server).serverInfo.getServerInfo({});
      expect(info.roles).toEqual([isBlob ? "blob" : "metadata"]);
      expect(info.blobAddrs).toHaveLength(isBlob ? 0 : 2);
      for (const path of ["/healthz", "/readyz", "/metrics", "/descriptor.binpb"])
        expect({ path, status: (await ask(server, path)).status }).toEqual({ path, status: 200 });
      const home = await (await ask(server, "/")).text();
      expect(home.includes("modelbox.v1.ModelService")).toBe(!isBlob);
      const health = createClient(
        Health,
        createGrpcTransport({ baseUrl: `https://${server.grpcAddr}`, nodeOptions: { ca } }),
      );
      expect((await health.check({})).status).toBe(Status.SERVING);
      const isKnown = await health.check({ service: "modelbox.v1.ModelService" }).then(
        () => true,
        () => false,
      );
      expect(isKnown).toBe(!isBlob);
    }
  });

  test("sends what comes to the wrong one to the right one", async () => {
    const refused = await run(blobServers[0]!, "projects", "list");
    expect(refused.exitCode).not.toBe(0);
    expect(refused.stderr).toContain(
      `This server only moves the bytes of files (roles = ["blob"]), so it refuses ListNamespaces; send that to ${metadataServers[0]!.httpAddr}`,
    );
    const answer = await ask(metadataServers[0]!, `/v1/chunks/${"a".repeat(64)}`, {
      method: "PUT",
      body: "x",
    });
    expect(answer.status).toBe(421);
    const { code, message } = (await answer.json()) as { code: string; message: string };
    expect(code).toBe("failed_precondition");
    for (const port of blobPorts) expect(message).toContain(`https://127.0.0.1:${port}`);
  });
});

describe("two metadata servers and two blob servers on one database and bucket", () => {
  beforeAll(() => mustRun(metadataServers[0]!, "experiments create --project team --name run"));

  test(
    "move files through all blob servers, with the token and over TLS",
    async () => {
      const bytes = writeModel("first.bin", 1);
      await mustRun(metadataServers[0]!, "checkpoints create --experiment team/run --step 1 first.bin");
      await mustRun(metadataServers[1]!, "checkpoints download team/run/step-1 --output first");
      expect(readFileSync(join(deployment.folder, "first/first.bin")).equals(bytes)).toBe(true);
      for (const name of ["modelbox_received_bytes_total", "modelbox_sent_bytes_total"]) {
        for (const server of blobServers)
          expect(await metric(server, name, 'protocol="http"')).toBeGreaterThan(8 * MIB);
        for (const server of metadataServers) expect(await metric(server, name)).toBeLessThan(MIB);
      }
      // Whoever moves bytes also reads files again to tell their digests.
      await until("digest to be verified", async () => {
        const { files } = await clientOf(metadataServers[1]!).artifacts.listFiles({
          object: "checkpoint:team/run/step-1",
        });
        return files[0]?.sha256 === "" ? undefined : true;
      });
    },
    LIMIT_MS,
  );

  test(
    "an upload goes on through the other when one is killed, and a download begins without it",
    async () => {
      const bytes = writeModel("second.bin", 2);
      slowDown();
      const uploading = run(
        metadataServers[0]!,
        ..."checkpoints create --experiment team/run --step 2 second.bin".split(" "),
      );
      for (const server of blobServers) {
        await until("chunks to be on their way", async () =>
          (await metric(server, "modelbox_uploads_in_progress")) > 0 ? true : undefined,
        );
      }
      blobServers[0]!.signal("SIGKILL");
      await blobServers[0]!.exited;
      deployment.s3Proxy.heal();
      expect(await uploading).toMatchObject({ exitCode: 0 });
      await mustRun(metadataServers[1]!, "checkpoints download team/run/step-2 --output second");
      expect(readFileSync(join(deployment.folder, "second/second.bin")).equals(bytes)).toBe(true);
    },
    LIMIT_MS,
  );

  test(
    "a download too, through the first one, which is back",
    async () => {
      await startBlobServer(0);
      slowDown();
      const downloading = run(
        metadataServers[0]!,
        ..."checkpoints download team/run/step-2 --output third".split(" "),
      );
      for (const server of blobServers) {
        await until("ranges to be asked for", async () =>
          // This question is one of them.
          (await metric(server, "modelbox_requests_running")) > 1 ? true : undefined,
        );
      }
      blobServers[1]!.signal("SIGKILL");
      await blobServers[1]!.exited;
      deployment.s3Proxy.heal();
      expect(await downloading).toMatchObject({ exitCode: 0 });
      const [sent, got] = ["second.bin", "third/second.bin"].map((name) =>
        readFileSync(join(deployment.folder, name)),
      );
      expect(got!.equals(sent!)).toBe(true);
      await startBlobServer(1);
    },
    LIMIT_MS,
  );

  test("a blob server that is for reading only sends bytes, and takes none", async () => {
    const server = await deployment.start({ MODELBOX_ROLES: "blob", MODELBOX_READ_ONLY: "true" }, { ca });
    const put = await ask(server, `/v1/chunks/${"a".repeat(64)}`, { method: "PUT", body: "x" });
    expect(await put.text()).toContain("read_only = true");
    const got = await ask(server, "/v1/files?object=checkpoint:team/run/step-1&path=first.bin");
    const digest = new Bun.CryptoHasher("sha256").update(await got.bytes()).digest("hex");
    expect({ status: got.status, digest }).toEqual({
      status: 200,
      digest: new Bun.CryptoHasher("sha256").update(someBytes(FILE_BYTES, 1)).digest("hex"),
    });
  });

  test("a watch through another server sees changes in order and without gaps", async () => {
    const ending = new AbortController();
    const changes = watchChanges(clientOf(metadataServers[1]!), {
      namespace: "team",
      afterSequence: 0n,
      signal: ending.signal,
    });
    const seen: bigint[] = [];
    const watching = (async () => {
      for await (const { change } of changes) if (change !== undefined) seen.push(change.sequence);
    })();
    const clients = metadataServers.map(clientOf);
    const names = Array.from({ length: 20 }, (_, index) => `watched-${index}`);
    await Promise.all(
      names.map((name, index) => clients[index % 2]!.models.createModel({ namespace: "team", name })),
    );
    const { changes: listed } = await clients[0]!.changes.listChanges({ namespace: "team", pageSize: 1000 });
    await until("changes to be seen", () => (seen.length >= listed.length ? true : undefined));
    ending.abort();
    await watching;
    expect(seen).toEqual(Array.from({ length: listed.length }, (_, index) => BigInt(index + 1)));
  });
});
