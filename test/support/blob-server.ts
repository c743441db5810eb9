import { createLogger } from "../../src/observability/logger.ts";
import { createMetrics } from "../../src/observability/metrics.ts";
import { Admission } from "../../src/server/admission.ts";
import { blobRoutes } from "../../src/server/http/blob-routes.ts";
import { serveHttp } from "../../src/server/http/http-endpoint.ts";
import { withoutTokens } from "../../src/server/interceptors/authenticate.ts";
import { RouteTable } from "../../src/server/http/route-table.ts";
import { callObserver } from "../../src/server/observed-call.ts";
import { openTransfers, type TestTransfers } from "./blobs.ts";

/** The blob routes behind a real listener of this process. */
export interface BlobServer extends TestTransfers {
  readonly url: string;
  readonly port: number;
  /** Lines of the log. */
  readonly log: readonly string[];
  readonly admission: Admission;
}

export async function openBlobServer(): Promise<BlobServer> {
  const transfers = await openTransfers();
  const log: string[] = [];
  const metrics = createMetrics(async () => undefined, "test");
  const admission = new Admission(100);
  const logger = createLogger({ level: "debug", format: "json", write: (line) => void log.push(line) });
  const routes = new RouteTable(blobRoutes(transfers.transfers));
  const dependencies = {
    routes,
    admission,
    beginCall: callObserver(logger, metrics),
    metrics,
    authenticate: withoutTokens,
    localOnly: true,
    readOnly: false,
    served: { roles: ["blob" as const], serverAddr: "", blobAddrs: [] },
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    http2: true,
    development: false,
    idleTimeout: 120,
    maxRequestBodySize: Number.MAX_SAFE_INTEGER,
    fetch: (request) => serveHttp(request, new URL(request.url), dependencies),
  });
  return {
    ...transfers,
    url: server.url.origin,
    port: server.port ?? 0,
    log,
    admission,
    async [Symbol.asyncDispose]() {
      await server.stop(true);
      metrics.close();
      await transfers[Symbol.asyncDispose]();
    },
  };
}

/** One request over a connection of its own, exactly as given; resolves with all that came back until it was closed. */
export async function rawExchange(
  port: number,
  head: string,
  body: Uint8Array = new Uint8Array(0),
): Promise<string> {
  const closed = Promise.withResolvers<string>();
  let answer = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data: (_, data) => void (answer += Buffer.from(data).toString("latin1")),
      close: () => closed.resolve(answer),
      error: (_, error) => closed.reject(error),
    },
  });
  socket.write(`${head.replaceAll("\n", "\r\n")}\r\n\r\n`);
  if (body.byteLength > 0) socket.write(body);
  return closed.promise;
}
