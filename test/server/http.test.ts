import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { startServer, temporaryFolder, type TestServer } from "../support/server.ts";

const mebibyte = 1024 * 1024;
const json = { "Content-Type": "application/json" };
const getInfo = "/modelbox.v1.ServerInfoService/GetServerInfo";

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details: readonly { readonly type: string; readonly value: string }[];
}

type Body = NonNullable<RequestInit["body"]>;

const folder = temporaryFolder();
let server: TestServer;

beforeAll(async () => {
  server = await startServer(folder.path);
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function get(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${server.httpAddr}${path}`, init);
}

function post(path: string, body: Body, headers: Record<string, string> = json): Promise<Response> {
  return get(path, { method: "POST", body, headers });
}

/** What the server answers to bytes that fetch would not send. */
async function raw(request: string): Promise<string> {
  const { hostname, port } = new URL(server.httpAddr);
  const socket = connect(Number(port), hostname);
  socket.write(request);
  return text(socket);
}

/** Status, code, reason and message of an answer that must be an error in Connect's JSON form. */
async function errorOf(
  response: Response,
): Promise<{ status: number; code: string; reason: string; message: string }> {
  expect(response.headers.get("Content-Type")).toBe("application/json");
  expect(response.headers.get("X-Content-Type-Options")).toBe("nosniff");
  expect(response.headers.get("X-Request-Id")).not.toBeNull();
  const { code, message, details } = (await response.json()) as Failure;
  const infos = details.filter(({ type }) => type === "google.rpc.ErrorInfo");
  expect(infos).toHaveLength(1);
  const { reason } = fromBinary(ErrorInfoSchema, Buffer.from(infos[0]?.value ?? "", "base64"));
  return { status: response.status, code, reason, message };
}

describe("health", () => {
  test("/healthz and /readyz answer", async () => {
    expect(await (await get("/healthz")).text()).toBe("ok\n");
    const ready = await get("/readyz");
    expect({ status: ready.status, body: await ready.json() }).toEqual({
      status: 200,
      body: { ready: true, checks: { metadata: "ok", blobs: "ok", accepting: "ok" } },
    });
  });

  test("HEAD says the length and sends nothing", async () => {
    const response = await get("/healthz", { method: "HEAD" });
    expect([response.status, response.headers.get("Content-Length"), await response.text()]).toEqual([
      200,
      "3",
      "",
    ]);
  });
});

describe("metrics", () => {
  test("count calls by method and code, and never by what a client made up", async () => {
    await post(getInfo, "{}");
    await post(getInfo, "{");
    await get("/made-up-path");
    await post("/modelbox.v1.MadeUp/Call", "{}");
    const response = await get("/metrics");
    expect(response.headers.get("Content-Type")).toStartWith("text/plain; version=0.0.4");
    const text = await response.text();
    const labels = 'protocol="connect",service="modelbox.v1.ServerInfoService",method="GetServerInfo"';
    expect(text).toContain(`modelbox_requests_total{${labels},code="ok"}`);
    expect(text).toContain(`modelbox_requests_total{${labels},code="invalid_argument"}`);
    expect(text).toContain(
      'modelbox_requests_total{protocol="http",service="",method="unknown",code="not_found"}',
    );
    expect(text).not.toMatch(/made-up|MadeUp/);
  });

  test.each([
    "modelbox_request_seconds_bucket",
    "modelbox_received_bytes_total",
    "modelbox_sent_bytes_total",
    "modelbox_chunks_stored",
    "modelbox_chunks_stored_bytes",
    "modelbox_database_seconds_bucket",
    "modelbox_blob_store_seconds_bucket",
    "modelbox_open_watches",
    "modelbox_uploads_in_progress",
    "modelbox_event_loop_lag_seconds",
    "modelbox_info",
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
  ])("have %s", async (name) => {
    expect(await (await get("/metrics")).text()).toMatch(new RegExp(`^${name}[ {]`, "m"));
  });
});

describe("the contract", () => {
  test("is published whole, imports before those who import them", async () => {
    const response = await get("/descriptor.binpb");
    const { file } = fromBinary(FileDescriptorSetSchema, await response.bytes());
    const names = file.map((one) => one.name);
    expect(names).toContain("modelbox/v1/artifact_service.proto");
    expect(names).toContain("grpc/health/v1/health.proto");
    for (const [index, one] of file.entries()) {
      for (const dependency of one.dependency) expect(names.slice(0, index)).toContain(dependency);
    }
  });

  test("the page at / is plain text and names the services", async () => {
    const response = await get("/");
    expect(response.headers.get("Content-Type")).toBe("text/plain; charset=utf-8");
    expect(await response.text()).toContain("modelbox.v1.ModelVersionService");
  });
});

describe("what can't be served gets an error that says so", () => {
  test("unknown paths and methods", async () => {
    const unknown = await errorOf(await get('/<script>alert("x")</script>'));
    expect(unknown).toMatchObject({ status: 404, code: "not_found", reason: "NOT_FOUND" });
    expect(await errorOf(await post("/modelbox.v1.NamespaceService/Nothing", "{}"))).toMatchObject({
      status: 404,
      code: "unimplemented",
      reason: "UNKNOWN_METHOD",
    });
    const wrongMethod = await get("/healthz", { method: "DELETE" });
    expect(wrongMethod.headers.get("Allow")).toBe("GET");
    expect(await errorOf(wrongMethod)).toMatchObject({
      status: 405,
      code: "invalid_argument",
      reason: "METHOD_NOT_ALLOWED",
    });
    const getCall = await get(getInfo);
    expect(getCall.headers.get("Allow")).toBe("POST");
    expect(await errorOf(getCall)).toMatchObject({ status: 405, reason: "METHOD_NOT_ALLOWED" });
  });

  const compressed = { ...json, "Content-Encoding": "gzip" };
  const proto = { "Content-Type": "application/proto" };
  const cases: readonly (readonly [string, Body, Record<string, string>, number, string, string])[] = [
    ["broken JSON", "{", json, 400, "invalid_argument", "MALFORMED_REQUEST"],
    ["JSON that is no object", "[1]", json, 400, "invalid_argument", "MALFORMED_REQUEST"],
    [
      "JSON with bad text",
      new Uint8Array(Buffer.from('{"name": "\xff"}', "latin1")),
      json,
      400,
      "invalid_argument",
      "MALFORMED_REQUEST",
    ],
    ["an unknown field", '{"nmae": "x"}', json, 400, "invalid_argument", "MALFORMED_REQUEST"],
    ["a field of another type", '{"name": 5}', json, 400, "invalid_argument", "MALFORMED_REQUEST"],
    [
      "broken protobuf",
      new Uint8Array([0xff, 0xff, 0xff]),
      proto,
      400,
      "invalid_argument",
      "MALFORMED_REQUEST",
    ],
    [
      "protobuf that is cut off",
      new Uint8Array([0x0a, 0x05, 0x61]),
      proto,
      400,
      "invalid_argument",
      "MALFORMED_REQUEST",
    ],
    [
      "protobuf with bad text",
      new Uint8Array([0x0a, 0x01, 0xff]),
      proto,
      400,
      "invalid_argument",
      "MALFORMED_REQUEST",
    ],
    [
      "another content type",
      "name=x",
      { "Content-Type": "application/x-www-form-urlencoded" },
      415,
      "invalid_argument",
      "UNSUPPORTED_CONTENT_TYPE",
    ],
    [
      "no content type",
      new Uint8Array([1]),
      { "Content-Type": "" },
      415,
      "invalid_argument",
      "UNSUPPORTED_CONTENT_TYPE",
    ],
    [
      "an unknown compression",
      "{}",
      { ...json, "Content-Encoding": "lzma" },
      501,
      "unimplemented",
      "NOT_SUPPORTED",
    ],
    ["bytes that are not compressed", "{}", compressed, 400, "invalid_argument", "MALFORMED_REQUEST"],
    [
      "a bad timeout",
      "{}",
      { ...json, "Connect-Timeout-Ms": "soon" },
      400,
      "invalid_argument",
      "MALFORMED_REQUEST",
    ],
    [
      "a large message",
      new Uint8Array(9 * mebibyte).fill(0x20),
      json,
      429,
      "resource_exhausted",
      "MESSAGE_TOO_LARGE",
    ],
    [
      "a message that is large once unpacked",
      gzipSync(Buffer.alloc(9 * mebibyte, " ")),
      compressed,
      429,
      "resource_exhausted",
      "MESSAGE_TOO_LARGE",
    ],
    [
      "an actor that is no name",
      "{}",
      { ...json, "ModelBox-Actor": "a\tb" },
      400,
      "invalid_argument",
      "INVALID_ARGUMENT",
    ],
    [
      "a page of another origin",
      "{}",
      { ...json, Origin: "https://evil.example" },
      403,
      "permission_denied",
      "FOREIGN_ORIGIN",
    ],
  ];
  test.each(cases)("%s", async (_name, body, headers, status, code, reason) => {
    const error = await errorOf(await post("/modelbox.v1.NamespaceService/CreateNamespace", body, headers));
    expect(error).toMatchObject({ status, code, reason });
    expect(error.message.length).toBeGreaterThan(10);
    expect(error.message).not.toMatch(/\bat .*\.[jt]s:\d/);
  });

  test("a host that is none, which HTTP/1.0 alone may leave out", async () => {
    for (const host of ["a b", "[::1", "x:99999", ""]) {
      const answer = await raw(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      expect(answer).toStartWith("HTTP/1.1 400 ");
      expect(answer).toContain("MALFORMED_REQUEST");
    }
    expect(await raw("GET /healthz HTTP/1.0\r\n\r\n")).toEndWith("\r\n\r\nok\n");
    expect(await raw("GET //healthz HTTP/1.0\r\n\r\n")).toStartWith("HTTP/1.1 404 ");
  });

  test("a head that is too large", async () => {
    const { status } = await get("/healthz", { headers: { "X-Large": "x".repeat(64 * 1024) } });
    expect(status).toBe(431);
  });

  test("and the server is none the worse for it", async () => {
    expect((await post(getInfo, "{}")).status).toBe(200);
    expect(server.log()).not.toContain('"level":"error"');
    // The scrape itself is the one call that runs.
    expect(await (await get("/metrics")).text()).toMatch(/^modelbox_requests_running 1$/m);
  });
});

describe("a call", () => {
  test("keeps a sane request id, in the answer and in the log", async () => {
    const response = await post(getInfo, "{}", { ...json, "X-Request-Id": "from-the-client-1" });
    expect(response.headers.get("X-Request-Id")).toBe("from-the-client-1");
    const line = server
      .log()
      .split("\n")
      .find((one) => one.includes("from-the-client-1"));
    expect(JSON.parse(line ?? "{}")).toMatchObject({
      level: "info",
      msg: "call",
      method: "modelbox.v1.ServerInfoService/GetServerInfo",
      protocol: "connect",
      code: "ok",
      actor: "anonymous",
      received: 2,
    });
  });

  test("gets another request id when its own could forge a log line", async () => {
    const response = await post(getInfo, "{}", { ...json, "X-Request-Id": 'x" "level":"error' });
    expect(response.headers.get("X-Request-Id")).toMatch(/^[0-9a-f-]{36}$/);
  });

  test("is logged and recorded under the actor that it names", async () => {
    const name = { "ModelBox-Actor": "ada@example.com" };
    await post("/modelbox.v1.NamespaceService/CreateNamespace", '{"name": "acted", "owner": "a"}', {
      ...json,
      ...name,
    });
    const list = await post("/modelbox.v1.ChangeService/ListChanges", '{"namespace": "acted"}');
    const { changes } = (await list.json()) as { changes: { actor: string }[] };
    expect(changes.map((change) => change.actor)).toEqual(["ada@example.com"]);
    expect(server.log()).toContain('"actor":"ada@example.com"');
  });
});
