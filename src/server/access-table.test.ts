import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import type { DescService } from "@bufbuild/protobuf";
import { createRouterTransport, createClient, ConnectError, Code } from "@connectrpc/connect";
import { join } from "node:path";
import { ListNamespacesRequestSchema, NamespaceService } from "../gen/modelbox/v1/namespace_service_pb.ts";
import { accessOf, accessOfRoute, listed } from "./access-table.ts";
import { Admission } from "./admission.ts";
import { createLogger } from "../observability/logger.ts";
import { createMetrics } from "../observability/metrics.ts";
import { blobRoutes } from "./http/blob-routes.ts";
import { serveHttp } from "./http/http-endpoint.ts";
import { plainRoutes } from "./http/plain-routes.ts";
import type { HttpRoute } from "./http/route.ts";
import { RouteTable } from "./http/route-table.ts";
import { callObserver } from "./observed-call.ts";
import { requestGate } from "./interceptors/gate.ts";

/** Every service that the contract has, found the way a new one would be: by its generated file. */
async function servicesOfContract(): Promise<readonly DescService[]> {
  const gen = join(import.meta.dir, "../gen");
  const services: DescService[] = [];
  for (const file of new Bun.Glob("**/*_pb.ts").scanSync(gen)) {
    const exports: Record<string, unknown> = await import(join(gen, file));
    for (const value of Object.values(exports)) if (isService(value)) services.push(value);
  }
  return services;
}

function isService(value: unknown): value is DescService {
  return typeof value === "object" && value !== null && "kind" in value && value.kind === "service";
}

test("every method of every service says who may call it, and nothing else is listed", async () => {
  const methods = (await servicesOfContract()).flatMap((service) => service.methods);
  expect(methods.length).toBeGreaterThan(50);
  for (const method of methods) {
    const name = `${method.parent.typeName}/${method.name}`;
    expect({ name, listed: accessOf(method) !== undefined }).toEqual({ name, listed: true });
  }
  const names = methods.map((method) => `${method.parent.typeName}/${method.name}`);
  expect([...listed().methods].sort()).toEqual(names.sort());
});

test("only health is public and served while the server drains", async () => {
  for (const service of await servicesOfContract()) {
    for (const method of service.methods) {
      const health = service.typeName === "grpc.health.v1.Health";
      const access = accessOf(method);
      expect(access?.access).toBe(health ? "public" : "authenticated");
      expect(access?.duringDrain).toBe(health);
    }
  }
});

test("the messages that list files may be large, the others not", async () => {
  const methods = (await servicesOfContract()).flatMap((service) => service.methods);
  const large = methods
    .filter((method) => accessOf(method)?.largeMessages === true)
    .map((method) => method.name);
  const withFiles = methods.filter((method) =>
    method.input.fields.some((field) => ["FileSet", "TrackedFile"].includes(field.message?.name ?? "")),
  );
  expect(large.sort()).toEqual(withFiles.map((method) => method.name).sort());
});

test("a method that is not listed is refused before its message is read", async () => {
  const unlisted = { ...NamespaceService.method.listNamespaces, name: "ListSecrets" };
  let called = false;
  const transport = createRouterTransport(
    ({ rpc }) => {
      rpc(unlisted, () => {
        called = true;
        return {};
      });
    },
    { router: { requestGate: requestGate(new Admission(1), true) } },
  );
  const service = { ...NamespaceService, methods: [unlisted], method: { listNamespaces: unlisted } };
  const client = createClient(service as unknown as typeof NamespaceService, transport);
  const error = ConnectError.from(
    await client.listNamespaces(create(ListNamespacesRequestSchema)).catch((e: unknown) => e),
  );
  expect({ code: error.code, called }).toEqual({ code: Code.PermissionDenied, called: false });
});

test("every plain HTTP route says who may call it, and nothing else is listed", () => {
  // Routes are made without being called, so what they work with does not matter.
  const routes = [...plainRoutes({} as never), ...blobRoutes({} as never)];
  const names = new Set(routes.map((route) => route.name));
  for (const name of names) {
    expect({ name, listed: accessOfRoute(name) !== undefined }).toEqual({ name, listed: true });
  }
  expect([...listed().routes].sort()).toEqual([...names].sort());
});

test("a route that is not listed is refused, and does not run", async () => {
  let called = false;
  const route: HttpRoute = {
    name: "Unlisted",
    method: "GET",
    pattern: "/unlisted",
    handle() {
      called = true;
      return new Response(null);
    },
  };
  const metrics = createMetrics(async () => undefined, "test");
  metrics.close();
  const response = await serveHttp(new Request("http://x/unlisted"), new URL("http://x/unlisted"), {
    routes: new RouteTable([route]),
    admission: new Admission(1),
    beginCall: callObserver(createLogger({ level: "error", format: "json", write() {} }), metrics),
    metrics,
    localOnly: true,
  });
  expect({ status: response.status, called }).toEqual({ status: 403, called: false });
});

test("names of an object's own methods are no entries", () => {
  expect(accessOfRoute("constructor")).toBeUndefined();
  expect(accessOfRoute("Healthz")?.access).toBe("public");
});
