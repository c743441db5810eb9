import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Code, ConnectError, createClient, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { join } from "node:path";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../../src/gen/grpc/health/v1/health_pb.ts";
import { ChangeService } from "../../src/gen/modelbox/v1/change_service_pb.ts";
import { NamespaceService } from "../../src/gen/modelbox/v1/namespace_service_pb.ts";
import { startServer, temporaryFolder, type TestServer } from "../support/server.ts";
import { root } from "../tidy/tracked-files.ts";

const folder = temporaryFolder();
let server: TestServer;

beforeAll(async () => {
  server = await startServer(folder.path);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

const transports: Readonly<Record<string, () => Transport>> = {
  "Connect, JSON, HTTP/1.1": () => createConnectTransport({ baseUrl: server.httpAddr, httpVersion: "1.1" }),
  "Connect, JSON, HTTP/2": () => createConnectTransport({ baseUrl: server.httpAddr, httpVersion: "2" }),
  "Connect, protobuf, HTTP/1.1": () =>
    createConnectTransport({ baseUrl: server.httpAddr, httpVersion: "1.1", useBinaryFormat: true }),
  "Connect, protobuf, HTTP/2": () =>
    createConnectTransport({ baseUrl: server.httpAddr, httpVersion: "2", useBinaryFormat: true }),
  "gRPC-Web, HTTP/1.1": () => createGrpcWebTransport({ baseUrl: server.httpAddr, httpVersion: "1.1" }),
  "gRPC-Web, HTTP/2": () => createGrpcWebTransport({ baseUrl: server.httpAddr, httpVersion: "2" }),
  gRPC: () => createGrpcTransport({ baseUrl: `http://${server.grpcAddr}` }),
};

describe.each(Object.keys(transports))("over %s", (name) => {
  const namespace = name.replaceAll(/[^A-Za-z0-9]+/g, "-").toLowerCase();
  let transport: Transport;
  beforeAll(() => {
    const create = transports[name];
    if (!create) throw new Error(`no transport ${name}`);
    transport = create();
  });

  test("calls are answered, with large answers whole", async () => {
    const namespaces = createClient(NamespaceService, transport);
    const description = "x".repeat(16 * 1024);
    const created = await namespaces.createNamespace({ name: namespace, owner: "o", description });
    expect(created).toMatchObject({ exists: false, namespace: { name: namespace } });
    const { namespace: found } = await namespaces.getNamespace({ namespace });
    expect(found?.description).toBe(description);
  });

  test("errors keep code, message and details", async () => {
    const namespaces = createClient(NamespaceService, transport);
    const error = ConnectError.from(
      await namespaces.getNamespace({ namespace: "not-there" }).catch((reason: unknown) => reason),
    );
    expect(error.code).toBe(Code.NotFound);
    expect(error.rawMessage).toStartWith('There is no namespace "not-there"');
    expect(error.details.length).toBeGreaterThan(0);
  });

  test("a watch gets what was and what comes, until its client leaves", async () => {
    const namespaces = createClient(NamespaceService, transport);
    const watched = `${namespace}-watched`;
    await namespaces.createNamespace({ name: watched, owner: "first" });
    const leaving = new AbortController();
    const owners: (string | undefined)[] = [];
    const watch = createClient(ChangeService, transport).watchChanges(
      { namespace: watched, afterSequence: 0n },
      { signal: leaving.signal },
    );
    const ended = (async () => {
      for await (const { change } of watch) {
        if (change?.state.case !== "namespace") continue;
        owners.push(change.state.value.owner);
        if (owners.length === 1) {
          await namespaces.updateNamespace({ namespace: watched, update: { owner: "second" } });
        } else {
          leaving.abort();
        }
      }
    })();
    expect(ConnectError.from(await ended.catch((reason: unknown) => reason)).code).toBe(Code.Canceled);
    expect(owners).toEqual(["first", "second"]);
  });

  test("health is known for the server and its services", async () => {
    const health = createClient(Health, transport);
    expect((await health.check({})).status).toBe(Status.SERVING);
    expect((await health.check({ service: "modelbox.v1.ModelService" })).status).toBe(Status.SERVING);
    const unknown = await health.check({ service: "nobody" }).catch((reason: unknown) => reason);
    expect(ConnectError.from(unknown).code).toBe(Code.NotFound);
    for await (const { status } of health.watch({ service: "nobody" })) {
      expect(status).toBe(Status.SERVICE_UNKNOWN);
      break;
    }
  });
});

/** Runs a program and gives what it printed. */
async function run(...command: string[]): Promise<{ stdout: string; stderr: string; exitCode: number }> {
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { stdout, stderr, exitCode };
}

test.each(["--http1.1", "--http2-prior-knowledge"])("curl %s gets JSON", async (version) => {
  const { stdout } = await run(
    "curl",
    "-s",
    version,
    "-HContent-Type: application/json",
    "-d{}",
    "-w %{http_version}",
    `${server.httpAddr}/modelbox.v1.NamespaceService/ListNamespaces`,
  );
  expect(stdout).toMatch(version === "--http1.1" ? /^\{.*\} 1\.1$/ : /^\{.*\} 2$/);
});

describe("buf curl, with the published descriptor", () => {
  test.each([
    ["connect", () => server.httpAddr],
    ["grpcweb", () => server.httpAddr],
    ["grpc", () => `http://${server.grpcAddr}`],
  ] as const)("by %s", async (protocol, address) => {
    const descriptor = join(folder.path, "descriptor.binpb");
    await Bun.write(descriptor, await fetch(`${server.httpAddr}/descriptor.binpb`));
    const buf = [process.execPath, join(root, "node_modules/@bufbuild/buf/bin/buf"), "curl"];
    const http2 = protocol === "grpc" ? ["--http2-prior-knowledge"] : [];
    const { stdout, stderr, exitCode } = await run(
      ...buf,
      ...http2,
      `--schema=${descriptor}`,
      `--protocol=${protocol}`,
      "--data={}",
      `${address()}/modelbox.v1.ServerInfoService/GetServerInfo`,
    );
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ roles: ["metadata", "blob"], grpcAddr: server.grpcAddr });
  });
});
