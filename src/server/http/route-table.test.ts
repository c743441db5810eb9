import { expect, test } from "bun:test";
import type { HttpRoute } from "./route.ts";
import { RouteTable } from "./route-table.ts";

const route = (method: HttpRoute["method"], pattern: string): HttpRoute => ({
  name: `${method} ${pattern}`,
  method,
  pattern,
  handle: () => new Response(null),
});

const table = new RouteTable([
  route("GET", "/"),
  route("PUT", "/v1/chunks/:sha256"),
  route("GET", "/v1/files/:id"),
  route("PUT", "/v1/files"),
]);

function find(method: string, path: string): unknown {
  const match = table.find(method, path);
  return match.type === "route" ? [match.route.name, match.params] : match;
}

test("finds routes by method and pattern, and decodes the parts once", () => {
  expect(find("GET", "/")).toEqual(["GET /", {}]);
  expect(find("PUT", "/v1/chunks/ab%2Fc%2541")).toEqual(["PUT /v1/chunks/:sha256", { sha256: "ab/c%41" }]);
  expect(find("HEAD", "/v1/files/x")).toEqual(["GET /v1/files/:id", { id: "x" }]);
});

test("tells an unknown path from a wrong method", () => {
  for (const path of ["/v1", "/v1/files/", "/v1/files/a/b", "//", "/V1/files", "/v1/chunks"]) {
    expect(find("GET", path)).toEqual({ type: "none" });
  }
  expect(find("DELETE", "/v1/files/x")).toEqual({ type: "wrong_method", allowed: ["GET"] });
});

test("a part that is badly encoded is an invalid argument", () => {
  expect(() => find("GET", "/v1/files/%zz")).toThrow("percent-encoding");
});
