import type { RpcHandlers } from "../router.ts";
import type { Readiness } from "../readiness.ts";
import type { Metrics } from "../../observability/metrics.ts";
import { descriptorSet } from "./descriptor.ts";
import type { HttpRoute } from "./route.ts";

export interface PlainRoutesDependencies {
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly handlers: RpcHandlers;
  /** Full names of those that this server serves. */
  readonly services: ReadonlySet<string>;
  readonly version: string;
}

/** Health, metrics, the contract, and a page that says what this is. */
export function plainRoutes({
  readiness,
  metrics,
  handlers,
  services,
  version,
}: PlainRoutesDependencies): readonly HttpRoute[] {
  let descriptor: Uint8Array<ArrayBuffer> | undefined;
  return [
    probe("Healthz", "/healthz", () => whole("ok\n", "text/plain; charset=utf-8")),
    probe("Readyz", "/readyz", async () => {
      const report = await readiness.report();
      return whole(`${JSON.stringify(report)}\n`, "application/json", report.ready ? 200 : 503);
    }),
    probe("Metrics", "/metrics", async () => {
      const { text, contentType } = await metrics.scrape();
      return whole(text, contentType);
    }),
    probe("Descriptor", "/descriptor.binpb", () => {
      descriptor ??= descriptorSet([...handlers.values()].map((handler) => handler.service.file));
      return whole(descriptor, "application/x-protobuf");
    }),
    probe("Home", "/", () => whole(homeText(version, services), "text/plain; charset=utf-8")),
  ];
}

function probe(name: string, pattern: string, handle: HttpRoute["handle"]): HttpRoute {
  return { name, method: "GET", pattern, quiet: true, handle };
}

function whole(body: string | Uint8Array<ArrayBuffer>, contentType: string, status = 200): Response {
  const headers = {
    "Content-Type": contentType,
    "Content-Length": String(Buffer.byteLength(body)),
    "Cache-Control": "no-store",
  };
  return new Response(body, { status, headers });
}

function homeText(version: string, services: ReadonlySet<string>): string {
  return [
    `ModelBox ${version}`,
    "",
    "POST /<service>/<method>   Connect and gRPC-Web, JSON or protobuf",
    "GET  PUT  /v1/files        bytes of files, for curl",
    "GET  /descriptor.binpb     the contract, for buf curl --schema and grpcurl -protoset",
    "GET  /healthz /readyz      health",
    "GET  /metrics              metrics for Prometheus",
    "",
    "Services:",
    ...[...services].sort().map((service) => `  ${service}`),
    "",
  ].join("\n");
}
