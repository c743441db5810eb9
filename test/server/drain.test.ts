import { describe, expect, test } from "bun:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { connect, type Socket } from "node:net";
import { Health } from "../../src/gen/grpc/health/v1/health_pb.ts";
import { ArtifactService } from "../../src/gen/modelbox/v1/artifact_service_pb.ts";
import { ChangeService } from "../../src/gen/modelbox/v1/change_service_pb.ts";
import { NamespaceService } from "../../src/gen/modelbox/v1/namespace_service_pb.ts";
import { startServer, temporaryFolder, until, type TestServer } from "../support/server.ts";

/** A call of which the server has the head and not yet the body. */
interface OpenCall extends Disposable {
  /** Sends the body, and gives all that the server answers. */
  finish(): Promise<string>;
}

async function openCall(
  server: TestServer,
  request: string,
  body: string | Buffer,
  headers: Readonly<Record<string, string>> = { "Content-Type": "application/json" },
): Promise<OpenCall> {
  const { hostname, port } = new URL(server.httpAddr);
  const socket: Socket = connect(Number(port), hostname);
  let answer = "";
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("data", (bytes) => (answer += bytes.toString()));
  socket.on("error", () => undefined);
  const before = await runningCalls(server);
  const head = {
    Host: `${hostname}:${port}`,
    "Content-Length": body.length,
    Connection: "close",
    ...headers,
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`${request} HTTP/1.1\r\n${lines.join("")}\r\n`);
  await until("call to be running", async () => ((await runningCalls(server)) > before ? true : undefined));
  return {
    async finish() {
      socket.write(body);
      await closed;
      return answer;
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

async function runningCalls(server: TestServer): Promise<number> {
  const text = await (await fetch(`${server.httpAddr}/metrics`)).text();
  return Number(/^modelbox_requests_running (\d+)$/m.exec(text)?.[1]);
}

async function codeOf(call: Promise<unknown>): Promise<Code | "ok"> {
  return call.then(
    () => "ok",
    (error: unknown) => ConnectError.from(error).code,
  );
}

const create = "/modelbox.v1.NamespaceService/CreateNamespace";

describe("SIGTERM", () => {
  test("lets a running call end, ends watches, refuses what is new, and the server ends well", async () => {
    using folder = temporaryFolder();
    await using server = await startServer(folder.path);
    const overConnect = createConnectTransport({ baseUrl: server.httpAddr, httpVersion: "1.1" });
    const overGrpc = createGrpcTransport({ baseUrl: `http://${server.grpcAddr}` });
    await createClient(NamespaceService, overConnect).createNamespace({ name: "watched", owner: "o" });
    const watchStarted = Promise.withResolvers<void>();
    const watch = (async () => {
      for await (const _ of createClient(ChangeService, overConnect).watchChanges({ namespace: "watched" })) {
        watchStarted.resolve();
      }
    })();
    const watchEnd = codeOf(watch);
    await watchStarted.promise;
    using running = await openCall(server, `POST ${create}`, '{"name": "late", "owner": "o"}');

    server.signal("SIGTERM");
    expect(await watchEnd).toBe(Code.Unavailable);
    const ready = await fetch(`${server.httpAddr}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      ready: false,
      checks: { metadata: "ok", accepting: "failing" },
    });
    expect((await fetch(`${server.httpAddr}/healthz`)).status).toBe(200);
    const refused = await fetch(`${server.httpAddr}${create}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"name": "new", "owner": "o"}',
    });
    expect({ status: refused.status, retry: refused.headers.get("Retry-After") }).toEqual({
      status: 503,
      retry: "1",
    });
    expect(await refused.json()).toMatchObject({ code: "unavailable" });
    expect(await codeOf(createClient(NamespaceService, overGrpc).listNamespaces({}))).toBe(Code.Unavailable);
    for await (const { status } of createClient(Health, overGrpc).watch({})) {
      expect(status).toBe(2);
      break;
    }

    expect(await running.finish()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*"name":"late"/);
    expect(await server.exited).toBe(0);
    expect(server.log()).toContain('"msg":"draining"');
    expect(server.log()).toContain('"msg":"stopped"');

    await using again = await startServer(folder.path);
    const namespaces = createClient(
      NamespaceService,
      createConnectTransport({ baseUrl: again.httpAddr, httpVersion: "1.1" }),
    );
    const list = await namespaces.listNamespaces({ orderBy: "name" });
    expect(list.namespaces.map(({ name }) => name)).toEqual(["late", "watched"]);
  });

  test("lets a chunk that is on its way arrive, and refuses the next", async () => {
    using folder = temporaryFolder();
    await using server = await startServer(folder.path);
    const artifacts = createClient(
      ArtifactService,
      createConnectTransport({ baseUrl: server.httpAddr, httpVersion: "1.1" }),
    );
    const { lease } = await artifacts.beginUpload({ namespace: "uploads", holder: "test" });
    const bytes = Buffer.alloc(4 * 1024 * 1024, "chunk");
    const digest = new Bun.CryptoHasher("sha256").update(bytes).digest("hex");
    const headers = { "ModelBox-Lease": lease?.id ?? "" };
    using running = await openCall(server, `PUT /v1/chunks/${digest}`, bytes, headers);
    server.signal("SIGTERM");
    await until("drain to begin", () => (server.log().includes('"msg":"draining"') ? true : undefined));
    const refused = await fetch(`${server.httpAddr}/v1/chunks/${digest}`, {
      method: "PUT",
      headers,
      body: bytes,
    });
    expect({ status: refused.status, retry: refused.headers.get("Retry-After") }).toEqual({
      status: 503,
      retry: "1",
    });
    expect(await running.finish()).toStartWith("HTTP/1.1 201 Created\r\n");
    expect(await server.exited).toBe(0);

    await using again = await startServer(folder.path);
    const resumed = createClient(
      ArtifactService,
      createConnectTransport({ baseUrl: again.httpAddr, httpVersion: "1.1" }),
    );
    const chunks = [{ sha256: digest, sizeBytes: BigInt(bytes.length) }];
    expect((await resumed.findMissingChunks({ leaseId: lease?.id ?? "", chunks })).missing).toEqual([]);
  });

  test("waits no longer than the drain timeout for a call that does not end", async () => {
    using folder = temporaryFolder();
    await using server = await startServer(folder.path, { MODELBOX_DRAIN_TIMEOUT_SECONDS: "1" });
    using _stuck = await openCall(server, `POST ${create}`, '{"name": "stuck", "owner": "o"}');
    server.signal("SIGTERM");
    expect(await server.exited).toBe(0);
    expect(server.log()).toContain("drain timed out");
  });

  test("a second one does not wait", async () => {
    using folder = temporaryFolder();
    await using server = await startServer(folder.path, { MODELBOX_DRAIN_TIMEOUT_SECONDS: "3600" });
    using _stuck = await openCall(server, `POST ${create}`, '{"name": "stuck", "owner": "o"}');
    server.signal("SIGTERM");
    await until("drain to begin", () => (server.log().includes('"msg":"draining"') ? true : undefined));
    server.signal("SIGTERM");
    await server.exited;
    expect(server.log()).not.toContain('"msg":"stopped"');
  });
});
