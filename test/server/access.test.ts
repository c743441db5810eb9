import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { DescMethod, DescMethodStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { accessOf, accessOfRoute, type Role } from "../../src/server/access-table.ts";
import { blobRoutes } from "../../src/server/http/blob-routes.ts";
import { plainRoutes } from "../../src/server/http/plain-routes.ts";
import { methodsOfContract } from "../support/contract.ts";
import { openDeployment } from "../support/deployment.ts";
import { S3_SERVER_LIMIT_MS } from "../support/s3-server.ts";
import { startServer, temporaryFolder, type TestServer } from "../support/server.ts";
import { makeToken } from "../support/tokens.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const walkLimitMs = 120_000;

/** What a server that is walked is there for. */
const kinds: Readonly<Record<string, readonly Role[]>> = {
  "with both roles": ["metadata", "blob"],
  "for metadata alone": ["metadata"],
  "for blobs alone": ["blob"],
};

let server: TestServer;
let token: string;
let fileId: string;

/** Starts a server with these roles, with a file and a token; returns how to end it. */
async function open(roles: readonly Role[]): Promise<() => Promise<void>> {
  await using opened = new AsyncDisposableStack();
  const auth = { MODELBOX_AUTH: "token" };
  if (roles.length > 1) {
    const folder = opened.use(temporaryFolder());
    // Before the server ever ran.
    token = (await makeToken(folder.path, "walker")).text;
    server = opened.use(await startServer(folder.path, auth));
    fileId = await storeFile(server, server);
  } else {
    const deployment = opened.use(await openDeployment("postgres", auth));
    token = await deployment.makeToken("walker");
    const blob = await deployment.start({ MODELBOX_ROLES: "blob" });
    const addresses = { MODELBOX_PUBLIC_BLOB_ADDRS: blob.httpAddr };
    const metadata = await deployment.start({ MODELBOX_ROLES: "metadata", ...addresses });
    server = roles.includes("blob") ? blob : metadata;
    fileId = await storeFile(metadata, blob);
  }
  const all = opened.move();
  return () => all.disposeAsync();
}

/** What callers send who have no right to anything. */
const strangers: Readonly<Record<string, string | undefined>> = {
  "no token": undefined,
  "a wrong token": `Bearer mbx_${"a".repeat(43)}`,
  "what is no token": "Bearer x",
  "a name and a password": `Basic ${btoa("walker:walker")}`,
};

const transports: Readonly<Record<string, () => Transport>> = {
  Connect: () => createConnectTransport({ baseUrl: server.httpAddr, httpVersion: "1.1" }),
  "Connect, protobuf, HTTP/2": () =>
    createConnectTransport({ baseUrl: server.httpAddr, httpVersion: "2", useBinaryFormat: true }),
  "gRPC-Web": () => createGrpcWebTransport({ baseUrl: server.httpAddr, httpVersion: "1.1" }),
  gRPC: () => createGrpcTransport({ baseUrl: `http://${server.grpcAddr}` }),
  "gRPC on the other port": () => createGrpcTransport({ baseUrl: server.httpAddr }),
};

describe.each(Object.entries(kinds))("a server %s", (_kind, roles) => {
  let close: () => Promise<void>;
  beforeAll(async () => {
    close = await open(roles);
  }, S3_SERVER_LIMIT_MS);
  afterAll(() => close?.(), walkLimitMs);

  describe.each(Object.entries(strangers))("with %s", (_name, authorization) => {
    const headers: Record<string, string> =
      authorization === undefined ? {} : { Authorization: authorization };

    test.each(Object.keys(transports))(
      "%s answers to health alone",
      async (name) => {
        const transport = transports[name]!();
        const all = await methodsOfContract();
        expect(all.length).toBeGreaterThan(50);
        for (const method of all) {
          const isHealth = method.parent.typeName === "grpc.health.v1.Health" && !name.endsWith("other port");
          const code = await codeOf(transport, method, headers);
          expect({ method: method.name, code }).toEqual({ method: method.name, code: isHealth ? 0 : 16 });
        }
      },
      walkLimitMs,
    );

    test(
      "every path of an RPC answers 401 to every HTTP method, whatever its content",
      async () => {
        for (const { parent, name } of await methodsOfContract()) {
          if (parent.typeName === "grpc.health.v1.Health") continue;
          for (const method of methods) {
            for (const type of ["text/plain", "application/json", "application/connect+proto"]) {
              const body = method === "GET" || method === "HEAD" ? {} : { body: "{" };
              const response = await fetch(`${server.httpAddr}/${parent.typeName}/${name}`, {
                method,
                headers: { ...headers, "Content-Type": type },
                ...body,
              });
              const text = await response.text();
              // What streams has its errors in a body with status 200.
              const refused = response.status === 401 || text.includes('"code":"unauthenticated"');
              expect({ name, method, type, status: response.status, refused }).toMatchObject({
                refused: true,
              });
            }
          }
        }
      },
      walkLimitMs,
    );

    test("every other path does too, health apart, and tells nothing about what is there", async () => {
      const answers = new Set<string>();
      const paths = [
        ...pathsOfRoutes(),
        "/nothing",
        "/v1/nothing",
        "/%ff",
        "/modelbox.v1.None/Get",
        "//",
        "/*",
      ];
      for (const path of paths) {
        for (const method of methods) {
          const response = await fetch(server.httpAddr + path, { method, headers });
          const text = await response.text();
          const isProbe = ["/healthz", "/readyz"].includes(path) && ["GET", "HEAD"].includes(method);
          expect({ path, method, status: response.status }).toEqual({
            path,
            method,
            status: isProbe ? 200 : 401,
          });
          if (isProbe) continue;
          expect(response.headers.get("WWW-Authenticate")).toStartWith("Bearer");
          expect(response.headers.get("Allow")).toBeNull();
          if (method !== "HEAD") answers.add(text);
        }
      }
      expect(answers.size).toBe(1);
      expect([...answers][0]).toContain('"code":"unauthenticated"');
    });

    test("a method that is not there is refused in the same way, over gRPC", async () => {
      const [real] = await methodsOfContract();
      const absent = { ...real!, name: "Absent" } as DescMethod;
      expect(await codeOf(transports["gRPC"]!(), absent, headers)).toBe(16);
    });
  });

  describe("with a token", () => {
    test(
      "what is for its roles answers, over every protocol, and nothing else",
      async () => {
        const headers = { Authorization: `Bearer ${token}` };
        for (const [name, create] of Object.entries(transports)) {
          for (const method of await methodsOfContract()) {
            if (method.methodKind !== "unary") continue;
            const { code, reason } = await failureOfCall(create(), method, headers);
            const isHere = isServed(accessOf(method)?.role);
            const refused = { token: code === Code.Unauthenticated, role: reason === "WRONG_ROLE" };
            // On the other port native gRPC is refused before it is asked what it is for.
            const role = !isHere && !name.endsWith("other port");
            expect({ name, method: method.name, refused }).toEqual({
              name,
              method: method.name,
              refused: { token: false, role },
            });
          }
        }
      },
      walkLimitMs,
    );

    test("so do the plain routes", async () => {
      const headers = { Authorization: `Bearer ${token}` };
      const routes = [...plainRoutes({} as never), ...blobRoutes({} as never)];
      for (const { name, method, pattern } of routes) {
        const path = pattern.replaceAll(/:\w+/g, fileId);
        const body = method === "GET" ? {} : { body: "x" };
        const response = await fetch(server.httpAddr + path, { method, headers, ...body });
        const text = await response.text();
        const isRefused = response.status === 421 && text.includes(`refuses ${name}`);
        expect({ name, isRefused, is401: response.status === 401 }).toEqual({
          name,
          isRefused: !isServed(accessOfRoute(name)?.role),
          is401: false,
        });
      }
      for (const path of ["/", "/metrics", "/descriptor.binpb"])
        expect((await fetch(server.httpAddr + path, { headers })).status).toBe(200);
      expect((await fetch(`${server.httpAddr}/nothing`, { headers })).status).toBe(404);
      const file = await fetch(`${server.httpAddr}/v1/files/${fileId}`, { headers });
      expect({ status: file.status, text: await file.text() }).toMatchObject(
        isServed("blob") ? { status: 200, text: "weights" } : { status: 421 },
      );
    });
  });

  function isServed(role: Role | "any" | undefined): boolean {
    return role === "any" || (role !== undefined && roles.includes(role));
  }
});

/** The code that a call with an empty message ends with; 0 when it is answered. */
async function codeOf(
  transport: Transport,
  method: DescMethod,
  headers: Record<string, string>,
): Promise<number> {
  return (await failureOfCall(transport, method, headers)).code;
}

/** As codeOf, with the reason for programs; "" when there is none. */
async function failureOfCall(
  transport: Transport,
  method: DescMethod,
  headers: Record<string, string>,
): Promise<{ readonly code: number; readonly reason: string }> {
  const answered = { code: 0, reason: "" };
  const ending = new AbortController();
  try {
    if (method.methodKind === "unary") {
      await transport.unary(method as DescMethodUnary, ending.signal, 10_000, headers, {});
      return answered;
    }
    const messages = (async function* () {
      yield {};
    })();
    const { message } = await transport.stream(
      method as DescMethodStreaming,
      ending.signal,
      10_000,
      headers,
      messages,
    );
    for await (const _ of message) break;
    return answered;
  } catch (error) {
    const failure = ConnectError.from(error);
    return { code: failure.code, reason: failure.findDetails(ErrorInfoSchema)[0]?.reason ?? "" };
  } finally {
    ending.abort();
  }
}

/** A path for every plain route, of things that are there and of things that are not. */
function pathsOfRoutes(): readonly string[] {
  // Routes are made without being called, so what they work with does not matter.
  const patterns = [...plainRoutes({} as never), ...blobRoutes({} as never)].map(({ pattern }) => pattern);
  const absent = "01a208be-37bc-7250-9173-c7c0679df31d";
  return [...new Set(patterns)].flatMap((pattern) => {
    const fill = (value: string): string => pattern.replaceAll(/:\w+/g, value);
    return [fill(fileId), fill(absent), fill("a".repeat(64))];
  });
}

async function storeFile(metadata: TestServer, blob: TestServer): Promise<string> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  await fetch(`${metadata.httpAddr}/modelbox.v1.ModelService/CreateModel`, {
    method: "POST",
    headers,
    body: JSON.stringify({ namespace: "walk", name: "m" }),
  });
  const query = new URLSearchParams({ object: "model:walk/m", artifact: "notes", path: "weights.bin" });
  const put = await fetch(`${blob.httpAddr}/v1/files?${query.toString()}`, {
    method: "PUT",
    headers,
    body: "weights",
  });
  expect(put.status).toBeLessThan(300);
  const { file } = (await put.json()) as { file: { id: string } };
  return file.id;
}
