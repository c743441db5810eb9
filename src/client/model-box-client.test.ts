import { describe, expect, test } from "bun:test";
import { connect, createServer, type Server } from "node:net";
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";
import { CreateNamespaceRequestSchema } from "../gen/modelbox/v1/namespace_service_pb.ts";
import { createModelBoxClient } from "./model-box-client.ts";
import { CallServer } from "./testing/call-server.ts";
import { failureOf } from "./testing/failure-of.ts";

async function listen(server: Server): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  server.listen(0, "127.0.0.1", () => resolve(undefined));
  await promise;
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return `127.0.0.1:${address.port}`;
}

describe("errors", () => {
  test("carry what the server says", async () => {
    using server = new CallServer();
    server.answer = () => {
      throw new ConnectError("name: must not be empty", Code.InvalidArgument, { "x-request-id": "theirs" }, [
        {
          desc: ErrorInfoSchema,
          value: { reason: "INVALID_ARGUMENT", domain: "modelbox", metadata: { kind: "a" } },
        },
        {
          desc: BadRequestSchema,
          value: { fieldViolations: [{ field: "name", description: "must not be empty" }] },
        },
      ]);
    };
    const client = createModelBoxClient({ serverAddr: server.address });
    expect(await failureOf(client.namespaces.createNamespace({}))).toMatchObject({
      name: "ServerError",
      kind: "invalid_argument",
      message: "name: must not be empty",
      reason: "INVALID_ARGUMENT",
      metadata: { kind: "a" },
      fieldViolations: [{ field: "name", description: "must not be empty" }],
      requestId: "theirs",
    });
    expect(server.calls).toHaveLength(1);
  });

  test("say at once that nothing listens, and what to do", async () => {
    const server = createServer();
    const address = await listen(server);
    server.close();
    const client = createModelBoxClient({ serverAddr: address });
    const startedAt = performance.now();
    expect(await failureOf(client.namespaces.listNamespaces({}))).toMatchObject({
      name: "ConnectionError",
      kind: "no_connection",
      address: `http://${address}`,
      maybeSeen: false,
      message: expect.stringContaining("start the server with `modelbox server start`"),
    });
    // Less than any number of waits between tries.
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });

  test("tell an unknown host, another protocol, and another kind of server apart", async () => {
    const unknown = createModelBoxClient({ serverAddr: "no-such-host.invalid:1" });
    expect(await failureOf(unknown.namespaces.listNamespaces({}))).toMatchObject({ name: "ConnectionError" });
    const other = createServer((socket) => socket.on("error", () => undefined).end("SSH-2.0-x\r\n\r\n"));
    const client = createModelBoxClient({ serverAddr: await listen(other) });
    const failure = await failureOf(client.namespaces.listNamespaces({}));
    expect(failure).toMatchObject({ name: "ConnectionError", kind: "no_connection" });
    other.close();
    using web = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("<html>", { status: 404 }),
    });
    const webClient = createModelBoxClient({ serverAddr: `127.0.0.1:${web.port}` });
    expect(await failureOf(webClient.namespaces.listNamespaces({}))).toMatchObject({
      name: "ConnectionError",
      isLasting: true,
      message: expect.stringContaining("is not a ModelBox server (HTTP 404); check server_addr"),
    });
  });

  test.each([401, 403, 429, 500, 502, 503])("are a proxy's where it says HTTP %i", async (status) => {
    const headers = { "retry-after": "60" };
    using web = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => new Response("<html>", { status, headers }),
    });
    const client = createModelBoxClient({ serverAddr: `127.0.0.1:${web.port}` });
    expect(await failureOf(client.namespaces.listNamespaces({}))).toMatchObject({
      name: "ServerError",
      message: expect.stringContaining(`answered with "HTTP ${status}"`),
    });
  });

  test("a call that takes long is told of, one that does not is not", async () => {
    using server = new CallServer();
    const { promise: told, resolve: tell } = Promise.withResolvers<void>();
    let count = 0;
    const onSlowAnswer = () => {
      count += 1;
      tell();
    };
    const patient = createModelBoxClient({ serverAddr: server.address, onSlowAnswer });
    await patient.namespaces.listNamespaces({});
    server.answer = () => told;
    const client = createModelBoxClient({ serverAddr: server.address, onSlowAnswer, slowAfterMs: 20 });
    await client.namespaces.listNamespaces({});
    expect(count).toBe(1);
  });

  test("a call that takes too long names the limit, and is not repeated", async () => {
    using server = new CallServer();
    server.answer = () => new Promise(() => undefined);
    const client = createModelBoxClient({ serverAddr: server.address, timeoutMs: 50 });
    expect(await failureOf(client.namespaces.listNamespaces({}))).toMatchObject({
      name: "ConnectionError",
      message: expect.stringContaining("did not answer ListNamespaces within 0.05 s"),
    });
    expect(server.calls).toHaveLength(1);
  });

  test("the caller's signal ends a call", async () => {
    using server = new CallServer();
    const controller = new AbortController();
    server.answer = () => {
      controller.abort();
      return new Promise(() => undefined);
    };
    const client = createModelBoxClient({ serverAddr: server.address });
    const failure = await failureOf(client.namespaces.listNamespaces({}, { signal: controller.signal }));
    expect(failure).toMatchObject({ name: "AbortedByCallerError", kind: "aborted_by_caller" });
    expect(server.calls).toHaveLength(1);
  });
});

describe("retries", () => {
  test("repeat a write under one request id, and give each call one of its own", async () => {
    using server = new CallServer();
    server.answer = (count) => {
      if (count < 3) throw new ConnectError("busy", Code.Unavailable);
    };
    const client = createModelBoxClient({ serverAddr: server.address });
    const message = create(CreateNamespaceRequestSchema, { name: "a" });
    await client.namespaces.createNamespace(message);
    await client.namespaces.createNamespace(message);
    const ids = server.calls.map((call) => call.requestId);
    expect(ids).toHaveLength(4);
    expect(ids[0]).toMatch(/^[0-9a-f-]{36}$/);
    expect(ids.slice(0, 3)).toEqual([ids[0]!, ids[0]!, ids[0]!]);
    expect(ids[3]).not.toBe(ids[0]!);
    expect(message.requestId).toBe("");
    const headers = server.calls.map((call) => call.header);
    expect(new Set(headers).size).toBe(2);
  });

  test("keep a request id that the caller chose", async () => {
    using server = new CallServer();
    const client = createModelBoxClient({
      serverAddr: server.address,
      requestId: () => "header",
      headers: { a: "b" },
    });
    await client.namespaces.createNamespace({ name: "a", requestId: "mine" });
    expect(server.calls).toEqual([
      { method: "CreateNamespace", requestId: "mine", header: "header", a: "b" },
    ]);
  });

  test("happen after a lost connection", async () => {
    using server = new CallServer();
    const proxy = createServer();
    let connections = 0;
    proxy.on("connection", (socket) => {
      connections += 1;
      socket.on("error", () => undefined);
      if (connections === 1) socket.once("data", () => socket.destroy());
      else socket.pipe(connect(server.port, "127.0.0.1")).pipe(socket);
    });
    const client = createModelBoxClient({ serverAddr: await listen(proxy) });
    await client.namespaces.listNamespaces({});
    expect(connections).toBe(2);
    proxy.close();
  });

  test("end after some tries", async () => {
    using server = new CallServer();
    server.answer = () => {
      throw new ConnectError("busy", Code.Unavailable, { "retry-after": "0" });
    };
    const client = createModelBoxClient({ serverAddr: server.address });
    const failure = await failureOf(client.namespaces.listNamespaces({}));
    expect(failure).toMatchObject({ name: "ServerError", kind: "unavailable", message: "busy" });
    expect(server.calls).toHaveLength(7);
  });

  test("don't happen for what another try can't change", async () => {
    using server = new CallServer();
    const client = createModelBoxClient({ serverAddr: server.address });
    for (const code of [Code.Internal, Code.Aborted, Code.ResourceExhausted, Code.FailedPrecondition]) {
      server.calls.length = 0;
      server.answer = () => {
        throw new ConnectError("no", code);
      };
      await failureOf(client.namespaces.listNamespaces({}));
      expect(server.calls).toHaveLength(1);
    }
  });
});
