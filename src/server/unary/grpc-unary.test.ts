import { afterAll, beforeAll, expect, test } from "bun:test";
import { connect, createServer, type ClientHttp2Session, type Http2Server } from "node:http2";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import {
  CreateNamespaceRequestSchema,
  CreateNamespaceResponseSchema,
  NamespaceService,
} from "../../gen/modelbox/v1/namespace_service_pb.ts";
import { createLogger } from "../../observability/logger.ts";
import { createMetrics } from "../../observability/metrics.ts";
import { Admission } from "../admission.ts";
import { ByteBudget } from "../byte-budget.ts";
import { MIN_COMPRESSED_BYTES } from "../limits.ts";
import { callObserver } from "../observed-call.ts";
import { withoutTokens } from "../interceptors/authenticate.ts";
import { rpcEdge } from "../router.ts";
import type { RpcDependencies } from "../rpc-endpoint.ts";
import { serveGrpcUnary } from "./grpc-unary.ts";
import { unaryMethods } from "./unary-method.ts";

const path = "/modelbox.v1.NamespaceService/CreateNamespace";
const budget = new ByteBudget(1024 * 1024);
const admission = new Admission(10);
const lines: string[] = [];
const metrics = createMetrics(() => Promise.resolve(undefined), "test");

let server: Http2Server;
let session: ClientHttp2Session;

beforeAll(async () => {
  const unary = unaryMethods(
    (router) =>
      router.service(NamespaceService, {
        createNamespace: ({ name, description }) => ({ namespace: { name, description } }),
      }),
    rpcEdge({
      admission,
      localOnly: true,
      readOnly: false,
      served: { roles: ["metadata", "blob"], serverAddr: "", blobAddrs: [] },
      streamCheck: undefined,
    }),
  );
  const log = createLogger({ level: "info", format: "json", write: (line) => lines.push(line) });
  const rpc: RpcDependencies = {
    beginCall: callObserver(log, metrics),
    metrics,
    bodyLimits: { budget, stallMs: 10_000 },
    authenticate: withoutTokens,
    unary,
  };
  server = createServer();
  server.on("session", (session) => {
    session.on("stream", (stream, headers) => {
      stream.on("error", () => undefined);
      const method = unary.get(headers[":path"] ?? "");
      const served = method && serveGrpcUnary(stream, headers, method, rpc);
      if (served === undefined) stream.respond({ ":status": 418 }, { endStream: true });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
afterAll(() => {
  session.close();
  server.close();
  metrics.close();
});

interface Answer {
  readonly head: Record<string, unknown>;
  readonly trailer: Record<string, unknown>;
  readonly body: Buffer;
}

async function call(body: Uint8Array, headers: Record<string, string> = {}): Promise<Answer> {
  const stream = session.request({
    ":path": path,
    ":method": "POST",
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  const answer = { head: {}, trailer: {}, pieces: [] as Buffer[] };
  stream.on("response", (head) => (answer.head = head));
  stream.on("trailers", (trailer) => (answer.trailer = trailer));
  stream.on("data", (piece: Buffer) => answer.pieces.push(piece));
  stream.end(body);
  await once(stream, "close");
  return { ...answer, body: Buffer.concat(answer.pieces) };
}

function messageOf(name: string, description = ""): Uint8Array<ArrayBuffer> {
  return toBinary(CreateNamespaceRequestSchema, create(CreateNamespaceRequestSchema, { name, description }));
}

test("a call is answered, logged, and gives back what it took", async () => {
  const message = messageOf("langtech");
  const { head, trailer, body } = await call(encodeEnvelope(0, message), { "x-request-id": "one" });
  expect(fromBinary(CreateNamespaceResponseSchema, body.subarray(5)).namespace?.name).toBe("langtech");
  expect(head).toMatchObject({
    ":status": 200,
    "content-type": "application/grpc+proto",
    "x-request-id": "one",
  });
  expect(trailer).toMatchObject({ "grpc-status": "0" });
  const line = JSON.parse(lines.at(-1) ?? "") as Record<string, unknown>;
  const sizes = { received: message.byteLength + 5, sent: body.byteLength };
  expect(line).toMatchObject({ protocol: "grpc", code: "ok", request_id: "one", ...sizes });
  expect({ bytes: budget.usedBytes, calls: admission.running }).toEqual({ bytes: 0, calls: 0 });
});

test("a large answer is compressed for a client that takes it", async () => {
  const envelope = encodeEnvelope(0, messageOf("large", "x".repeat(MIN_COMPRESSED_BYTES)));
  const { head, body } = await call(envelope, { "grpc-accept-encoding": "identity,gzip" });
  expect(head).toMatchObject({ "grpc-encoding": "gzip" });
  expect(body[0]).toBe(1);
  expect(body.byteLength).toBeLessThan(MIN_COMPRESSED_BYTES);
  expect((await call(envelope)).body.byteLength).toBeGreaterThan(MIN_COMPRESSED_BYTES);
});

const good = encodeEnvelope(0, messageOf("langtech"));
const refusals: readonly (readonly [string, Uint8Array, Code])[] = [
  ["no message", new Uint8Array(), Code.Unimplemented],
  ["a head alone", good.subarray(0, 3), Code.InvalidArgument],
  ["a message that is cut short", good.subarray(0, -1), Code.InvalidArgument],
  ["two messages", Buffer.concat([good, good]), Code.Unimplemented],
  ["bytes that are no message", encodeEnvelope(0, new Uint8Array([255, 255])), Code.InvalidArgument],
  [
    "a compressed message without a word about it",
    encodeEnvelope(1, gzipSync(messageOf("x"))),
    Code.Internal,
  ],
  [
    "more than the memory for bodies",
    encodeEnvelope(0, messageOf("x", "y".repeat(1024 * 1024))),
    Code.Unavailable,
  ],
];
test.each(refusals)("%s is refused", async (_name, body, code) => {
  const { trailer } = await call(body);
  expect(trailer["grpc-status"]).toBe(String(code));
  expect({ bytes: budget.usedBytes, calls: admission.running }).toEqual({ bytes: 0, calls: 0 });
});

test("a deadline that can't be read, or has passed, is refused", async () => {
  expect((await call(good, { "grpc-timeout": "soon" })).trailer["grpc-status"]).toBe(
    String(Code.InvalidArgument),
  );
  expect((await call(good, { "grpc-timeout": "0m" })).trailer["grpc-status"]).toBe(
    String(Code.DeadlineExceeded),
  );
});

test("a client that leaves in the middle of its message is forgotten", async () => {
  const leaving = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  leaving.on("error", () => undefined);
  const stream = leaving.request({ ":path": path, ":method": "POST", "content-type": "application/grpc" });
  stream.on("error", () => undefined);
  stream.write(good.subarray(0, 7));
  while (admission.running === 0) await new Promise((resolve) => setImmediate(resolve));
  leaving.destroy();
  while (admission.running > 0) await new Promise((resolve) => setImmediate(resolve));
  expect(budget.usedBytes).toBe(0);
  expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ code: "canceled" });
});

test("what is out of the ordinary is left to others", async () => {
  for (const headers of [{ "content-type": "application/grpc+json" }, { "grpc-encoding": "gzip" }])
    expect((await call(good, headers)).head[":status"]).toBe(418);
});
