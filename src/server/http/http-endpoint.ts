import { codeFromHttpStatus, codeToString } from "@connectrpc/connect/protocol-connect";
import { DomainError } from "../../domain/errors.ts";
import type { Metrics } from "../../observability/metrics.ts";
import { accessOfRoute } from "../access-table.ts";
import type { Admission } from "../admission.ts";
import { callerFrom, identify, type Authenticate } from "../interceptors/authenticate.ts";
import { notListed } from "../interceptors/gate.ts";
import { toWireError } from "../interceptors/errors.ts";
import { checkOrigin } from "../interceptors/origin.ts";
import { checkReadOnly } from "../interceptors/read-only.ts";
import { checkRole, type ServedRoles } from "../interceptors/role.ts";
import type { BeginCall, ObservedCall } from "../observed-call.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "../request-id.ts";
import { CallerCheck } from "./caller-check.ts";
import { errorResponse } from "./error-response.ts";
import { methodNotAllowed } from "../refusals.ts";
import { observedStream } from "./observed-stream.ts";
import { noRoute, type RouteMatch, type RouteTable } from "./route-table.ts";

export interface HttpDependencies {
  readonly routes: RouteTable;
  readonly admission: Admission;
  readonly beginCall: BeginCall;
  readonly metrics: Metrics;
  readonly authenticate: Authenticate;
  readonly localOnly: boolean;
  readonly readOnly: boolean;
  readonly served: ServedRoles;
}

/** Set on every response: nothing here is a page, and what clients stored must never run as one. */
const SECURITY_HEADERS = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
} as const;

/** Bodies up to this size are sent whole: Bun drops the Content-Length of a stream. */
const MAX_BUFFERED_RESPONSE_BYTES = 1024 * 1024;

/** Serves one request of a plain HTTP route, or says that there is none. */
export async function serveHttp(
  request: Request,
  url: URL,
  dependencies: HttpDependencies,
): Promise<Response> {
  const { routes, admission, beginCall, metrics } = dependencies;
  const requestId = requestIdOf(request.headers);
  const match = findRoute(routes, request.method, url.pathname);
  const route = match.type === "route" ? match.route : undefined;
  const access = route && accessOfRoute(route.name);
  const labels = { protocol: "http", service: "", method: route?.name ?? "unknown" } as const;
  const call = beginCall(labels, requestId, route?.quiet === true ? "quiet" : "normal");
  const check = new CallerCheck(dependencies.authenticate, request.headers);
  const onEnd: (() => void)[] = [() => call.finish()];
  const end = (): void => {
    request.signal.removeEventListener("abort", onAbort);
    for (const one of onEnd.splice(0)) one();
  };
  const onAbort = (): void => {
    if (call.code === "ok") call.code = "canceled";
    end();
  };
  request.signal.addEventListener("abort", onAbort, { once: true });
  let response: Response;
  try {
    // First: who may not call is not told either what there is.
    const caller = callerFrom(await identify(dependencies.authenticate, request.headers, access));
    call.actor = caller.actor;
    if (match.type === "refused") throw match.error;
    if (match.type === "wrong_method")
      return await finished(wrongMethod(request, match.allowed, call), request, call, end);
    if (match.type === "none") {
      const error = toWireError(noRoute(request.method, url.pathname), call);
      return await finished(errorResponse(error, 404), request, call, end);
    }
    checkOrigin(request.headers, dependencies.localOnly);
    if (access === undefined) throw notListed(match.route.name);
    checkRole(match.route.name, access, dependencies.served);
    checkReadOnly(match.route.name, access, dependencies.readOnly);
    if (!access.duringDrain) onEnd.push(admission.enter());
    if (match.route.upload === true) {
      metrics.uploads.inc();
      onEnd.push(() => metrics.uploads.dec());
    }
    response = await match.route.handle({
      request,
      url,
      params: match.params,
      caller,
      requestId,
      signal: request.signal,
      countReceived: (bytes) => {
        call.receivedBytes += bytes;
        if (access.access !== "public") check.goOn();
      },
    });
    if (response.status >= 400) call.code = codeToString(codeFromHttpStatus(response.status));
  } catch (error) {
    const head = error instanceof DomainError ? route?.failure?.(error) : undefined;
    response = errorResponse(toWireError(error, call, request.signal), head?.status);
    for (const [name, value] of Object.entries(head?.headers ?? {})) response.headers.set(name, value);
  }
  return finished(response, request, call, end, access?.access === "public" ? undefined : check);
}

function findRoute(routes: RouteTable, method: string, pathname: string): RouteMatch | Refusal {
  try {
    return routes.find(method, pathname);
  } catch (error) {
    return { type: "refused", error };
  }
}

interface Refusal {
  readonly type: "refused";
  readonly error: unknown;
}

function wrongMethod(request: Request, allowed: readonly string[], call: ObservedCall): Response {
  const error = methodNotAllowed(`${request.method} is not possible here; use ${allowed.join(" or ")}.`);
  const response = errorResponse(toWireError(error, call), 405);
  response.headers.set("Allow", allowed.join(", "));
  return response;
}

/** All pieces of a body, copied: of a file each is valid until the next one is asked for. */
async function collect(
  body: ReadableStream<Uint8Array>,
  sizeBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(sizeBytes);
  let filled = 0;
  for await (const piece of body) {
    bytes.set(piece, filled);
    filled += piece.byteLength;
  }
  return bytes.subarray(0, filled);
}

/** The response with what all have; the call ends when its last byte is sent, or its client is gone. */
async function finished(
  response: Response,
  request: Request,
  call: ObservedCall,
  end: () => void,
  check?: CallerCheck,
): Promise<Response> {
  const headers = new Headers(response.headers);
  headers.set(REQUEST_ID_HEADER, call.requestId);
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  const { status, body } = response;
  if (body === null || request.method === "HEAD") {
    await body?.cancel();
    end();
    return new Response(null, { status, headers });
  }
  const length = headers.get("Content-Length");
  if (length === null || Number(length) > MAX_BUFFERED_RESPONSE_BYTES) {
    return new Response(observedStream(body, call, end, check), { status, headers });
  }
  const bytes = await collect(body, Number(length));
  call.sentBytes += bytes.byteLength;
  end();
  return new Response(bytes, { status, headers });
}
