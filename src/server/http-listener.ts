import { Code, ConnectError } from "@connectrpc/connect";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import { DomainError } from "../domain/errors.ts";
import type { Logger } from "../observability/logger.ts";
import { accessOf } from "./access-table.ts";
import type { Address, TlsMaterial } from "./context.ts";
import { discardBody } from "./discard-body.ts";
import { fetchResponse, universalRequest } from "./fetch-adapter.ts";
import { rewriteGrpcMessage } from "./grpc-message.ts";
import { errorResponse } from "./http/error-response.ts";
import { serveHttp, type HttpDependencies } from "./http/http-endpoint.ts";
import { identify } from "./interceptors/authenticate.ts";
import { toWireError } from "./interceptors/errors.ts";
import { IDLE_CONNECTION_SECONDS } from "./limits.ts";
import { listenError } from "./listen-error.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import type { RpcHandlers } from "./router.ts";
import { serveRpc, type RpcDependencies } from "./rpc-endpoint.ts";
import { serverTls } from "./server-tls.ts";
import { serveConnectUnary } from "./unary/connect-unary.ts";

export interface HttpListenerOptions {
  readonly address: Address;
  /** Undefined: without TLS. */
  readonly tls: TlsMaterial | undefined;
  readonly handlers: RpcHandlers;
  readonly rpc: RpcDependencies;
  readonly http: HttpDependencies;
  readonly log: Logger;
  /** Completes "Native gRPC is …" for calls that come to this port. */
  readonly grpcHint: string;
}

/** A listener that is open. */
export interface Listener {
  readonly port: number;
  /** New connections get another certificate, and are asked for other ones; those that are open go on until they end. */
  setTls(tls: TlsMaterial): void;
  /** Takes no new connections, lets responses go out for `graceMs` at most, then closes all. */
  close(graceMs: number): Promise<void>;
}

/** Opens `listen_addr`: Connect, gRPC-Web and plain HTTP, over HTTP/1.1 and HTTP/2. */
export function openHttpListener(options: HttpListenerOptions): Listener {
  const { address, handlers, rpc, http, log, grpcHint } = options;
  let { tls } = options;
  let server = serve(address.port, tls);
  const port = server.port ?? address.port;
  /** With those that only serve what was open when the certificate was renewed. */
  const servers = new Set([server]);
  return {
    port,
    /**
     * Bun can't change the certificate of a server, but one that stops keeps what is open while the next one listens. In
     * between no turn ends; what the system had accepted by then, and Bun not, is reset, and clients try again.
     */
    setTls(next) {
      const old = server;
      const drop = (): void => void servers.delete(old);
      old.stop().then(drop, drop);
      try {
        server = serve(port, next);
        tls = next;
      } catch (error) {
        server = serve(port, tls);
        throw error;
      } finally {
        servers.add(server);
      }
    },
    async close(graceMs) {
      const graceful = Promise.all([...servers].map((one) => one.stop()));
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, graceMs);
      await Promise.race([graceful, late]);
      clearTimeout(timer);
      await Promise.all([...servers].map((one) => one.stop(true)));
    },
  };

  function serve(onPort: number, material: TlsMaterial | undefined): Bun.Server<undefined> {
    try {
      return Bun.serve({
        hostname: address.host,
        port: onPort,
        http2: true,
        ...(material && { tls: serverTls(material) }),
        // Without it Bun lets a second server share the port, and the system spreads clients over both.
        reusePort: false,
        // Without it Bun prints what a response stream throws, past our log.
        development: false,
        idleTimeout: IDLE_CONNECTION_SECONDS,
        // A file can have any size; what has to fit into memory is limited where it is read.
        maxRequestBodySize: Number.MAX_SAFE_INTEGER,
        fetch: answer,
        error(error) {
          log.error({ err: error }, "request failed outside of any call");
          return errorResponse(new ConnectError("Internal error.", Code.Internal));
        },
      });
    } catch (error) {
      throw listenError("listen_addr", `${address.host}:${address.port}`, error);
    }
  }

  /**
   * Bun's idle timer would cut off a long commit, whose connection is silent while it works; bodies have stall timers of
   * their own. So it stands still until the response begins, and health watches, which may be silent for days, stay
   * without it. Change watches send a sign of life.
   */
  async function answer(request: Request, bun: Bun.Server<undefined>): Promise<Response> {
    bun.timeout(request, 0);
    const url = urlOf(request);
    if (url === null) return unreadableHost(request);
    const handler = handlers.get(url.pathname);
    const response = await respond(request, url, handler);
    if (response.status >= 400) await discardBody(request);
    const silentStream =
      handler?.method.methodKind === "server_streaming" && accessOf(handler.method)?.duringDrain;
    if (silentStream !== true) bun.timeout(request, IDLE_CONNECTION_SECONDS);
    return response;
  }

  async function respond(
    request: Request,
    url: URL,
    handler: UniversalHandler | undefined,
  ): Promise<Response> {
    if (isNativeGrpc(request.headers)) return wrongPort(request);
    if (handler === undefined) return serveHttp(request, url, http);
    const method = rpc.unary.get(url.pathname);
    const inOnePiece = method && serveConnectUnary(request, method, rpc);
    if (inOnePiece) return inOnePiece;
    return fetchResponse(await serveRpc(handler, universalRequest(request), rpc), handler);
  }

  /** gRPC's own form of an error in the head alone, which is all that can be said without trailers. */
  async function wrongPort(request: Request): Promise<Response> {
    const call = rpc.beginCall(
      { protocol: "grpc", service: "", method: "unknown" },
      requestIdOf(request.headers),
      "normal",
    );
    const identity = await identify(rpc.authenticate, request.headers, undefined);
    const error = toWireError("refusal" in identity ? identity.refusal : wrongPortError(), call);
    call.finish();
    const headers = new Headers({ "Content-Type": "application/grpc", [REQUEST_ID_HEADER]: call.requestId });
    setTrailerStatus(headers, error);
    rewriteGrpcMessage(headers);
    return new Response(null, { headers });
  }

  function unreadableHost(request: Request): Response {
    const call = rpc.beginCall(
      { protocol: "http", service: "", method: "unknown" },
      requestIdOf(request.headers),
      "normal",
    );
    const response = errorResponse(toWireError(unreadableHostError(), call));
    call.finish();
    response.headers.set(REQUEST_ID_HEADER, call.requestId);
    response.headers.set("X-Content-Type-Options", "nosniff");
    return response;
  }

  function wrongPortError(): DomainError {
    const message = `This port speaks Connect, gRPC-Web and HTTP. Native gRPC is ${grpcHint}.`;
    return new DomainError("unimplemented", "WRONG_PORT", message);
  }
}

/** HTTP/1.0, which simple health probes speak, needs no Host. Null when there is one that names no host. */
function urlOf(request: Request): URL | null {
  if (request.headers.has("Host")) return URL.parse(request.url);
  return URL.parse(request.url) ?? URL.parse(`http://localhost${request.url}`);
}

function unreadableHostError(): DomainError {
  const message = "The header Host names no host; send the host and port of the server in it.";
  return new DomainError("invalid_argument", "MALFORMED_REQUEST", message);
}

function isNativeGrpc(headers: Headers): boolean {
  return /^application\/grpc(\+|;|$)/i.test(headers.get("Content-Type") ?? "");
}
