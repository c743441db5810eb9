import { createContextValues } from "@connectrpc/connect";
import type {
  UniversalHandler,
  UniversalServerRequest,
  UniversalServerResponse,
} from "@connectrpc/connect/protocol";
import { errorToJsonBytes } from "@connectrpc/connect/protocol-connect";
import type { CallLabels, Metrics } from "../observability/metrics.ts";
import { accessOf } from "./access-table.ts";
import { requestIdKey, rpcStateKey, type RpcState } from "./call.ts";
import { errorResponse } from "./http/error-response.ts";
import { identify, type Authenticate } from "./interceptors/authenticate.ts";
import { toWireError } from "./interceptors/errors.ts";
import type { BeginCall } from "./observed-call.ts";
import { rewriteGrpcMessage } from "./grpc-message.ts";
import { methodNotAllowed, unsupportedType } from "./refusals.ts";
import { limitedBody, type BodyLimits } from "./request-body.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "./request-id.ts";
import type { UnaryMethods } from "./unary/unary-method.ts";

export interface RpcDependencies {
  readonly beginCall: BeginCall;
  readonly metrics: Metrics;
  readonly bodyLimits: BodyLimits;
  readonly authenticate: Authenticate;
  /** Served in one piece where that is possible. */
  readonly unary: UnaryMethods;
}

/** A request whose body is still bytes. */
export interface RpcRequest extends UniversalServerRequest {
  readonly body: AsyncIterable<Uint8Array>;
}

/** Serves one call of a method over whichever protocol its content type says, and observes it to its last byte. */
export async function serveRpc(
  handler: UniversalHandler,
  request: RpcRequest,
  { beginCall, metrics, bodyLimits, authenticate }: RpcDependencies,
): Promise<UniversalServerResponse> {
  const { service, method } = handler;
  const access = accessOf(method);
  const quiet = access?.duringDrain === true;
  const labels = { protocol: protocolOf(request.header), service: service.typeName, method: method.name };
  const call = beginCall(labels, requestIdOf(request.header), quiet ? "quiet" : "normal");
  const identity = await identify(authenticate, request.header, access);
  const state: RpcState = { call, onEnd: [], identity };
  if (method.methodKind === "server_streaming" && !quiet) {
    metrics.openWatches.inc();
    state.onEnd.push(() => metrics.openWatches.dec());
  }
  const end = endOnce(state, request.signal);
  try {
    const values = createContextValues().set(requestIdKey, call.requestId).set(rpcStateKey, state);
    const body = limitedBody(request.body, state, bodyLimits);
    const response = await handler({ ...request, body, contextValues: values });
    const answer = response.body === undefined ? refused(response, handler, state) : response;
    const header = withCommonHeaders(answer.header, call.requestId);
    return { ...answer, header, body: observedBody(answer, state, end) };
  } catch (error) {
    const wire = toWireError(error, call, request.signal);
    end();
    throw wire;
  }
}

/** Ends the call's observation once: when its response is sent, or its client is gone. */
export function endOnce({ call, onEnd }: RpcState, signal: AbortSignal): () => void {
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    signal.removeEventListener("abort", onAbort);
    call.finish();
    for (const one of onEnd) one();
  };
  const onAbort = (): void => {
    if (call.code === "ok") call.code = "canceled";
    end();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return end;
}

async function* observedBody(
  response: UniversalServerResponse,
  { call }: RpcState,
  end: () => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of response.body ?? []) {
      call.sentBytes += piece.byteLength;
      yield piece;
    }
    rewriteGrpcMessage(response.trailer);
  } finally {
    end();
  }
}

/** What the protocol answers with a bare status, such as an unknown content type, gets a body that says what to do. */
function refused(
  response: UniversalServerResponse,
  { method, allowedMethods }: UniversalHandler,
  { call, identity }: RpcState,
): UniversalServerResponse {
  // Connect finds these before it asks the gate, and who may not call is told nothing else.
  if ("refusal" in identity) {
    const wire = toWireError(identity.refusal, call);
    const { status, headers } = errorResponse(wire);
    return { status, header: headers, body: single(errorToJsonBytes(wire, undefined)) };
  }
  const types =
    method.methodKind === "unary" ? "application/json, application/proto" : "application/connect+json";
  const error =
    response.status === 415
      ? unsupportedType(`Send ${method.name} with a Content-Type that it takes, such as ${types}.`)
      : methodNotAllowed(`Send ${method.name} with ${allowedMethods.join(" or ")}.`);
  const wire = toWireError(error, call);
  const header = new Headers(response.header);
  header.set("Content-Type", "application/json");
  if (response.status === 405) header.set("Allow", allowedMethods.join(", "));
  return { ...response, header, body: single(errorToJsonBytes(wire, undefined)) };
}

async function* single(piece: Uint8Array): AsyncGenerator<Uint8Array> {
  yield piece;
}

function withCommonHeaders(header: UniversalServerResponse["header"], requestId: string): Headers {
  const headers = new Headers(header);
  headers.set(REQUEST_ID_HEADER, requestId);
  headers.set("X-Content-Type-Options", "nosniff");
  return headers;
}

function protocolOf(header: Headers): CallLabels["protocol"] {
  const type = header.get("Content-Type")?.toLowerCase() ?? "";
  if (type.startsWith("application/grpc-web")) return "grpc-web";
  return type.startsWith("application/grpc") ? "grpc" : "connect";
}
