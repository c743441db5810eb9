import {
  Code,
  ConnectError,
  createContextValues,
  createHandlerContext,
  type HandlerContext,
} from "@connectrpc/connect";
import { invokeUnaryImplementation } from "@connectrpc/connect/protocol";
import { accessOf } from "../access-table.ts";
import { requestIdKey, rpcStateKey, type RpcState } from "../call.ts";
import { identify } from "../interceptors/authenticate.ts";
import { REQUEST_ID_HEADER, requestIdOf } from "../request-id.ts";
import { endOnce, type RpcDependencies } from "../rpc-endpoint.ts";
import type { UnaryMethod } from "./unary-method.ts";

/** A call as its protocol brought it. */
export interface UnaryRequest {
  readonly protocol: "connect" | "grpc";
  /** Protobuf, or else JSON. */
  readonly binary: boolean;
  readonly header: Headers;
  readonly url: string;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal;
  readonly timeout: { readonly timeoutMs?: number; readonly error?: ConnectError | undefined };
  /** Reads the message; called once the call has passed the gate. */
  receive(state: RpcState): Promise<Uint8Array>;
}

/** How a call went, for its protocol to send. */
export interface UnaryAnswer {
  readonly result: { readonly message: Uint8Array } | { readonly error: ConnectError };
  readonly context: HandlerContext;
  /** To be called with the number of bytes of the body, when the answer is on its way. */
  end(sentBytes: number): void;
}

/** Serves one call from gate to answer. Never throws. */
export async function serveUnary(
  { spec, serialization, edge }: UnaryMethod,
  request: UnaryRequest,
  { beginCall, authenticate }: RpcDependencies,
): Promise<UnaryAnswer> {
  const { method } = spec;
  const { protocol, binary, header, signal, timeout } = request;
  const labels = { protocol, service: method.parent.typeName, method: method.name };
  const access = accessOf(method);
  const call = beginCall(labels, requestIdOf(header), access?.duringDrain === true ? "quiet" : "normal");
  const state: RpcState = { call, onEnd: [], identity: await identify(authenticate, header, access) };
  const end = endOnce(state, signal);
  const context = createHandlerContext({
    method,
    service: method.parent,
    protocolName: protocol,
    requestMethod: "POST",
    url: request.url,
    ...(timeout.timeoutMs === undefined ? {} : { timeoutMs: timeout.timeoutMs }),
    requestSignal: signal,
    requestHeader: header,
    responseHeader: { [REQUEST_ID_HEADER]: call.requestId, "X-Content-Type-Options": "nosniff" },
    contextValues: createContextValues().set(requestIdKey, call.requestId).set(rpcStateKey, state),
  });
  const answer = (result: UnaryAnswer["result"]): UnaryAnswer => ({
    result,
    context,
    end(sentBytes) {
      call.sentBytes += sentBytes;
      end();
    },
  });
  try {
    edge.requestGate(context);
    if (timeout.error) throw timeout.error;
    const input = serialization.getI(binary).parse(await request.receive(state));
    const output = await invokeUnaryImplementation(spec, context, input, edge.interceptors);
    const message = serialization.getO(binary).serialize(output);
    // Stops the timer; nobody listens any more.
    if (timeout.timeoutMs !== undefined) context.abort();
    return answer({ message });
  } catch (error) {
    const wire =
      error instanceof ConnectError
        ? error
        : new ConnectError("Internal error.", Code.Internal, undefined, undefined, error);
    // Whoever waits for the signal gives up, and the gate notes the failure.
    context.abort(wire);
    return answer({ error: wire });
  }
}
