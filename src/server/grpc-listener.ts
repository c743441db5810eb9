import {
  createSecureServer,
  createServer,
  Http2ServerRequest,
  Http2ServerResponse,
  type Http2SecureServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { universalRequestFromNodeRequest, universalResponseToNodeResponse } from "@connectrpc/connect-node";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { invalid } from "../domain/errors.ts";
import type { Logger } from "../observability/logger.ts";
import type { Address, TlsMaterial } from "./context.ts";
import { rewriteGrpcMessage } from "./grpc-message.ts";
import type { Listener } from "./http-listener.ts";
import { identify } from "./interceptors/authenticate.ts";
import { toWireError } from "./interceptors/errors.ts";
import { closeWhenIdle } from "./idle-session.ts";
import { GRPC_IDLE_MS, HTTP2_WINDOW_BYTES, MAX_HEADER_BYTES } from "./limits.ts";
import { listenError } from "./listen-error.ts";
import { headersOf } from "./node-headers.ts";
import { unknownMethod } from "./refusals.ts";
import type { RpcHandlers } from "./router.ts";
import { serveRpc, type RpcDependencies } from "./rpc-endpoint.ts";
import { serverTls } from "./server-tls.ts";
import { serveGrpcUnary } from "./unary/grpc-unary.ts";

/** Of a path that no method has, in the error that says so. */
const MAX_SHOWN_PATH = 200;

export interface GrpcListenerOptions {
  readonly address: Address;
  /** Undefined: without TLS. */
  readonly tls: TlsMaterial | undefined;
  readonly handlers: RpcHandlers;
  readonly rpc: RpcDependencies;
  readonly log: Logger;
}

/** Opens `grpc_listen_addr`: native gRPC, over HTTP/2. Connect clients that speak HTTP/2 are served too. */
export async function openGrpcListener({
  address,
  tls,
  handlers,
  rpc,
  log,
}: GrpcListenerOptions): Promise<Listener> {
  const sessions = new Set<ServerHttp2Session>();
  // Never session.setLocalWindowSize(): uploads hang under Bun.
  const settings = { initialWindowSize: HTTP2_WINDOW_BYTES, maxHeaderListSize: MAX_HEADER_BYTES };
  const secure = tls && createSecureServer({ settings, ...serverTls(tls) });
  const server = secure ?? createServer({ settings });
  server.on("session", (session) => {
    sessions.add(session);
    closeWhenIdle(session, GRPC_IDLE_MS);
    session.on("close", () => sessions.delete(session));
    session.on("error", (error) => log.debug({ err: error }, "grpc connection failed"));
    // The bare streams: a unary call needs no request and response made of them, with their dozen listeners.
    session.on("stream", (stream, headers, _flags, rawHeaders) => {
      stream.on("error", (error) => log.debug({ err: error }, "grpc stream failed"));
      answer(stream, headers, rawHeaders).catch((error: unknown) => {
        // The client is gone, or the call failed in a way that was logged as the call's outcome.
        log.debug({ err: error }, "grpc response broke off");
        stream.destroy();
      });
    });
  });
  server.on("tlsClientError", (error) => log.debug({ err: error }, "grpc connection failed"));
  server.on("sessionError", (error) => log.debug({ err: error }, "grpc connection failed"));
  const port = await listen(server, address);
  return {
    port,
    setTls(next) {
      secure?.setSecureContext(serverTls(next));
    },
    async close(graceMs) {
      const { promise, resolve } = Promise.withResolvers<void>();
      server.close(() => resolve());
      for (const session of sessions) session.close();
      const timer = setTimeout(() => {
        for (const session of sessions) session.destroy();
        resolve();
      }, graceMs);
      await promise;
      clearTimeout(timer);
    },
  };

  async function answer(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    rawHeaders: readonly string[],
  ): Promise<void> {
    const path = headers[":path"]?.split("?", 1)[0] ?? "";
    const handler = handlers.get(path);
    if (handler === undefined) {
      const identity = await identify(rpc.authenticate, headersOf(headers), undefined);
      const unknown = unknownMethod(path.slice(0, MAX_SHOWN_PATH));
      return refuse(stream, "refusal" in identity ? identity.refusal : unknown);
    }
    if ((headers[":authority"] ?? headers.host) === undefined)
      return refuse(stream, invalid(":authority", "must be there"));
    if (headers.expect === "100-continue") stream.additionalHeaders({ ":status": 100 });
    const method = rpc.unary.get(path);
    const inOnePiece = method && serveGrpcUnary(stream, headers, method, rpc);
    if (inOnePiece) return inOnePiece;
    const request = new Http2ServerRequest(stream, headers, {}, rawHeaders);
    const response = new Http2ServerResponse(stream);
    const call = {
      ...universalRequestFromNodeRequest(request, response, undefined, undefined),
      body: request,
    };
    await universalResponseToNodeResponse(await serveRpc(handler, call, rpc), response);
  }
}

/** An error in the head alone, which must then be the end of the stream. */
function refuse(stream: ServerHttp2Stream, error: unknown): void {
  const head = new Headers({ "content-type": "application/grpc" });
  setTrailerStatus(head, toWireError(error, undefined));
  rewriteGrpcMessage(head);
  stream.respond({ ":status": 200, ...Object.fromEntries(head) }, { endStream: true });
}

async function listen(server: Http2Server | Http2SecureServer, address: Address): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(address.port, address.host, resolve);
  try {
    await promise;
  } catch (error) {
    throw listenError("grpc_listen_addr", `${address.host}:${address.port}`, error);
  }
  server.off("error", reject);
  const bound = server.address();
  return typeof bound === "object" && bound !== null ? bound.port : address.port;
}
