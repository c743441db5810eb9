import { expect, test } from "bun:test";
import { create } from "@bufbuild/protobuf";
import { createRouterTransport, createClient, ConnectError, Code } from "@connectrpc/connect";
import { methodsOfContract, servicesOfContract } from "../../test/support/contract.ts";
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
import { withoutTokens } from "./interceptors/authenticate.ts";
import { requestGate } from "./interceptors/gate.ts";
import type { ServedRoles } from "./interceptors/role.ts";

const served: ServedRoles = { roles: ["metadata", "blob"], serverAddr: "", blobAddrs: [] };

test("every method of every service says who may call it, and nothing else is listed", async () => {
  const methods = await methodsOfContract();
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

test("what only reads is known by its name, all else is refused while the server is for reading only", async () => {
  const names = /^(Get|List|Watch|Check)/;
  for (const method of await methodsOfContract()) {
    const { name } = method;
    expect({ name, writes: accessOf(method)?.writes }).toEqual({ name, writes: !names.test(name) });
  }
  for (const { name, method } of [...plainRoutes({} as never), ...blobRoutes({} as never)]) {
    // Ids of many files fit into no address, so reading them is a POST.
    const writes = method !== "GET" && method !== "HEAD" && name !== "GetFiles";
    expect({ name, writes: accessOfRoute(name)?.writes }).toEqual({ name, writes });
  }
});

test("calls are for metadata, bytes of files for blob, and only what is about the server itself is for both", async () => {
  for (const method of await methodsOfContract()) {
    const service = method.parent.typeName;
    const anywhere = ["grpc.health.v1.Health", "modelbox.v1.ServerInfoService"].includes(service);
    const role = anywhere ? "any" : "metadata";
    expect({ service, role: accessOf(method)?.role }).toEqual({ service, role });
  }
  for (const { name } of plainRoutes({} as never)) expect(accessOfRoute(name)?.role).toBe("any");
  for (const { name } of blobRoutes({} as never)) expect(accessOfRoute(name)?.role).toBe("blob");
});

test("of the plain HTTP routes only health needs no token", () => {
  const open = listed().routes.filter((name) => accessOfRoute(name)?.access === "public");
  expect(open).toEqual(["Healthz", "Readyz"]);
});

test("the messages that list files may be large, the others not", async () => {
  const methods = await methodsOfContract();
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
    {
      router: {
        requestGate: requestGate({ admission: new Admission(1), localOnly: true, readOnly: false, served }),
      },
    },
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
    authenticate: withoutTokens,
    localOnly: true,
    readOnly: false,
    served,
  });
  expect({ status: response.status, called }).toEqual({ status: 403, called: false });
});

test("names of an object's own methods are no entries", () => {
  expect(accessOfRoute("constructor")).toBeUndefined();
  expect(accessOfRoute("Healthz")?.access).toBe("public");
});
