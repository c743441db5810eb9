import { afterAll, beforeAll, expect, test } from "bun:test";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ErrorInfoSchema } from "../../src/gen/google/rpc/error_details_pb.ts";
import { NamespaceService } from "../../src/gen/modelbox/v1/namespace_service_pb.ts";
import { accessOf } from "../../src/server/access-table.ts";
import { methodsOfContract } from "../support/contract.ts";
import { modelbox, startServer, temporaryFolder, type TestServer } from "../support/server.ts";

const folder = temporaryFolder();
let server: TestServer;

beforeAll(async () => {
  writeFileSync(join(folder.path, "weights.bin"), crypto.getRandomValues(new Uint8Array(300_000)));
  {
    await using before = await startServer(folder.path);
    await run(before, "projects", "create", "--name", "langtech");
    await run(before, "experiments", "create", "--project", "langtech", "--name", "e");
    await run(before, "checkpoints", "create", "--experiment", "langtech/e", "--step", "1", "weights.bin");
  }
  server = await startServer(folder.path, { MODELBOX_READ_ONLY: "true" });
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

async function run(on: TestServer, ...args: string[]): Promise<void> {
  const { stderr, exitCode } = await modelbox(on, folder.path, "client", ...args);
  expect({ args, stderr: exitCode === 0 ? "" : stderr, exitCode }).toEqual({ args, stderr: "", exitCode: 0 });
}

test("what reads is answered: lists, downloads, watches, health and metrics", async () => {
  await run(server, "projects", "get", "langtech");
  await run(server, "checkpoints", "list", "--project", "langtech");
  await run(server, "checkpoints", "download", "langtech/e/latest", "--output", "got");
  expect(readFileSync(join(folder.path, "got/weights.bin"))).toEqual(
    readFileSync(join(folder.path, "weights.bin")),
  );
  for (const path of ["/readyz", "/metrics"]) expect((await fetch(server.httpAddr + path)).status).toBe(200);
  expect(server.log()).toContain("read_only is true");
});

test("every method that could change something is refused, with a reason for programs", async () => {
  let refused = 0;
  for (const method of await methodsOfContract()) {
    if (method.methodKind !== "unary") continue;
    const response = await fetch(`${server.httpAddr}/${method.parent.typeName}/${method.name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: "{}",
    });
    const isRefused = (await response.text()).includes('"READ_ONLY"');
    expect({ method: method.name, isRefused }).toEqual({
      method: method.name,
      isRefused: accessOf(method)?.writes === true,
    });
    if (isRefused) refused += 1;
  }
  expect(refused).toBeGreaterThan(25);
});

test("so are bytes of files, calls over gRPC, and the command line", async () => {
  for (const path of [`/v1/chunks/${"a".repeat(64)}`, "/v1/files?object=model:a/b&artifact=c&path=d"]) {
    const response = await fetch(server.httpAddr + path, { method: "PUT", body: "x" });
    expect(await response.json()).toMatchObject({ code: "failed_precondition" });
  }
  const namespaces = createClient(
    NamespaceService,
    createGrpcTransport({ baseUrl: `http://${server.grpcAddr}` }),
  );
  const error = ConnectError.from(
    await namespaces.createNamespace({ name: "n" }).catch((reason: unknown) => reason),
  );
  expect(error.code).toBe(Code.FailedPrecondition);
  expect(error.findDetails(ErrorInfoSchema)[0]?.reason).toBe("READ_ONLY");
  const { stderr, exitCode } = await modelbox(
    server,
    folder.path,
    "client",
    "projects",
    "create",
    "--name",
    "n",
  );
  expect(stderr).toMatch(/^Error: This server is for reading only at the moment \(read_only = true\)/);
  expect(exitCode).toBe(5);
});

test("nothing was changed meanwhile", async () => {
  const { changes } = (await (
    await fetch(`${server.httpAddr}/modelbox.v1.ChangeService/ListChanges`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: '{"namespace": "langtech"}',
    })
  ).json()) as { changes: { kind: string }[] };
  expect(changes).toHaveLength(3);
});
