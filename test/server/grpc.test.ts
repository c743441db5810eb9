import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, Metadata, credentials, status, type ServiceError } from "@grpc/grpc-js";
import {
  CreateNamespaceRequestSchema,
  CreateNamespaceResponseSchema,
} from "../../src/gen/modelbox/v1/namespace_service_pb.ts";
import { WatchChangesRequestSchema } from "../../src/gen/modelbox/v1/change_service_pb.ts";
import { startServer, temporaryFolder, until, type TestServer } from "../support/server.ts";

const mebibyte = 1024 * 1024;
const createMethod = "/modelbox.v1.NamespaceService/CreateNamespace";

const folder = temporaryFolder();
let server: TestServer;
let client: Client;

beforeAll(async () => {
  server = await startServer(folder.path);
  client = clientOf(server.grpcAddr);
});
afterAll(async () => {
  client.close();
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

function clientOf(address: string): Client {
  return new Client(address, credentials.createInsecure());
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

function request(name: string): Buffer {
  return Buffer.from(
    toBinary(CreateNamespaceRequestSchema, create(CreateNamespaceRequestSchema, { name, owner: "o" })),
  );
}

interface Outcome {
  readonly error: ServiceError | null;
  readonly answer: Buffer | undefined;
  readonly metadata: Metadata;
}

/** One call with bytes as they are: what @grpc/grpc-js makes of any answer. */
function call(options: {
  readonly to?: Client;
  readonly method?: string;
  readonly message?: Buffer;
  readonly metadata?: Record<string, string>;
  readonly deadlineMs?: number;
}): Promise<Outcome> {
  const { to = client, method = createMethod, message = Buffer.alloc(0), deadlineMs = 20_000 } = options;
  const metadata = new Metadata();
  for (const [key, value] of Object.entries(options.metadata ?? {})) metadata.set(key, value);
  return new Promise((resolve) => {
    let head = new Metadata();
    const deadline = { deadline: Date.now() + deadlineMs };
    const running = to.makeUnaryRequest(method, same, same, message, metadata, deadline, (error, answer) =>
      resolve({ error, answer, metadata: head }),
    );
    running.on("metadata", (received: Metadata) => (head = received));
  });
}

test("calls are answered, and the request id comes back in the head", async () => {
  const { error, answer, metadata } = await call({
    message: request("grpc-js"),
    metadata: { "x-request-id": "grpc-1", "modelbox-actor": "grpc@example.com" },
  });
  expect(error).toBeNull();
  const { namespace } = fromBinary(CreateNamespaceResponseSchema, new Uint8Array(answer ?? []));
  expect(namespace?.name).toBe("grpc-js");
  expect(metadata.get("x-request-id")).toEqual(["grpc-1"]);
  expect(server.log()).toContain('"actor":"grpc@example.com","request_id":"grpc-1"');
});

test("hundreds of calls at once on one connection are all answered", async () => {
  const outcomes = await Promise.all(
    Array.from({ length: 300 }, () => call({ message: request("one-of-many") })),
  );
  expect(outcomes.filter(({ error }) => error !== null)).toEqual([]);
});

describe("a call that can't be served has its status", () => {
  const cases: readonly (readonly [string, Parameters<typeof call>[0], status, RegExp])[] = [
    [
      "unknown method",
      { method: "/modelbox.v1.NamespaceService/No" },
      status.UNIMPLEMENTED,
      /no method \/modelbox\.v1\.NamespaceService\/No\./,
    ],
    ["unknown service", { method: "/no.Service/No" }, status.UNIMPLEMENTED, /no method \/no/],
    ["bytes that are no message", { message: Buffer.from([255, 255]) }, status.INVALID_ARGUMENT, /parse/],
    [
      "a field that is wrong",
      { message: request("a/b") },
      status.INVALID_ARGUMENT,
      /^name: may only have letters, digits/,
    ],
    ["a large message", { message: Buffer.alloc(9 * mebibyte) }, status.RESOURCE_EXHAUSTED, /larger than/],
    ["a large head", { metadata: { large: "x".repeat(40_000) } }, status.RESOURCE_EXHAUSTED, /./],
    [
      "an actor that is too long",
      { metadata: { "modelbox-actor": "x".repeat(300) } },
      status.INVALID_ARGUMENT,
      /Actor/,
    ],
  ];
  test.each(cases)("%s", async (_name, options, code, details) => {
    const { error } = await call(options);
    expect(error?.code).toBe(code);
    expect(error?.details).toMatch(details);
    // The head is refused below us, by the HTTP/2 library.
    if (code === status.RESOURCE_EXHAUSTED && options.message === undefined) return;
    expect(error?.metadata.get("grpc-status-details-bin")).toHaveLength(1);
  });
});

test("native gRPC on listen_addr is told where to go", async () => {
  const wrong = clientOf(server.httpAddr.replace("http://", ""));
  const { error } = await call({ to: wrong, message: request("wrong-port") });
  wrong.close();
  expect(error?.code).toBe(status.UNIMPLEMENTED);
  expect(error?.details).toContain(`Native gRPC is served on ${server.grpcAddr}`);
});

test("a client that leaves a watch is forgotten", async () => {
  await call({ message: request("left") });
  const watchRequest = create(WatchChangesRequestSchema, { namespace: "left", afterSequence: 0n });
  const message = Buffer.from(toBinary(WatchChangesRequestSchema, watchRequest));
  const watch = client.makeServerStreamRequest(
    "/modelbox.v1.ChangeService/WatchChanges",
    same,
    same,
    message,
  );
  watch.on("error", () => undefined);
  await new Promise((resolve) => watch.once("data", resolve));
  expect(await openWatches()).toBe(1);
  watch.cancel();
  await until("watch to be forgotten", async () => ((await openWatches()) === 0 ? true : undefined));
});

async function openWatches(): Promise<number> {
  const text = await (await fetch(`${server.httpAddr}/metrics`)).text();
  return Number(/^modelbox_open_watches (\d+)$/m.exec(text)?.[1]);
}
