import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { DescMethod, DescMethodStreaming, DescMethodUnary } from "@bufbuild/protobuf";
import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import {
  createConnectTransport,
  createGrpcTransport,
  createGrpcWebTransport,
} from "@connectrpc/connect-node";
import { blobRoutes } from "../../src/server/http/blob-routes.ts";
import { plainRoutes } from "../../src/server/http/plain-routes.ts";
import { methodsOfContract } from "../support/contract.ts";
import { startServer, temporaryFolder, type TestServer } from "../support/server.ts";
import { makeToken } from "../support/tokens.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
const walkLimitMs = 120_000;

const folder = temporaryFolder();
let server: TestServer;
let token: string;
let fileId: string;

beforeAll(async () => {
  // Before the server ever ran.
  token = (await makeToken(folder.path, "walker")).text;
  server = await startServer(folder.path, { MODELBOX_AUTH: "token" });
  fileId = await storeFile();
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

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

describe.each(Object.entries(strangers))("with %s", (_name, authorization) => {
  const headers: Record<string, string> = authorization === undefined ? {} : { Authorization: authorization };

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
            expect({ name, method, type, status: response.status, refused }).toMatchObject({ refused: true });
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
  test("all of it answers", async () => {
    const headers = { Authorization: `Bearer ${token}` };
    for (const path of ["/", "/metrics", "/descriptor.binpb", `/v1/files/${fileId}`]) {
      const response = await fetch(server.httpAddr + path, { headers });
      expect({ path, status: response.status }).toEqual({ path, status: 200 });
      await response.body?.cancel();
    }
    expect((await fetch(`${server.httpAddr}/nothing`, { headers })).status).toBe(404);
    for (const [name, create] of Object.entries(transports)) {
      const codes = new Set<number>();
      for (const method of await methodsOfContract())
        if (method.methodKind === "unary") codes.add(await codeOf(create(), method, headers));
      expect({ name, refused: codes.has(Code.Unauthenticated) }).toEqual({ name, refused: false });
    }
  });
});

/** The code that a call with an empty message ends with; 0 when it is answered. */
async function codeOf(
  transport: Transport,
  method: DescMethod,
  headers: Record<string, string>,
): Promise<number> {
  const ending = new AbortController();
  try {
    if (method.methodKind === "unary") {
      await transport.unary(method as DescMethodUnary, ending.signal, 10_000, headers, {});
      return 0;
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
    return 0;
  } catch (error) {
    return ConnectError.from(error).code;
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

async function storeFile(): Promise<string> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  await fetch(`${server.httpAddr}/modelbox.v1.ModelService/CreateModel`, {
    method: "POST",
    headers,
    body: JSON.stringify({ namespace: "walk", name: "m" }),
  });
  const query = new URLSearchParams({ object: "model:walk/m", artifact: "notes", path: "weights.bin" });
  const put = await fetch(`${server.httpAddr}/v1/files?${query.toString()}`, {
    method: "PUT",
    headers,
    body: "weights",
  });
  expect(put.status).toBeLessThan(300);
  const { file } = (await put.json()) as { file: { id: string } };
  return file.id;
}
