import { createConnectRouter, type ConnectRouter, type ConnectRouterOptions } from "@connectrpc/connect";
import { compressionGzip } from "@connectrpc/connect-node";
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { MAX_MESSAGE_BYTES } from "../domain/limits.ts";
import { accessOf } from "./access-table.ts";
import { deadlineInterceptor } from "./interceptors/deadline.ts";
import { drainInterceptor, type StreamCheck } from "./interceptors/drain.ts";
import { errorInterceptor } from "./interceptors/errors.ts";
import { requestGate, type GateOptions } from "./interceptors/gate.ts";
import { MAX_CALL_MS, MAX_SMALL_MESSAGE_BYTES, MIN_COMPRESSED_BYTES } from "./limits.ts";
import type { Edge } from "./unary/unary-method.ts";

/** RPC methods by path, for both listeners. */
export type RpcHandlers = ReadonlyMap<string, UniversalHandler>;

export interface EdgeOptions extends GateOptions {
  /** Undefined where callers don't say who they are. */
  readonly streamCheck: StreamCheck | undefined;
}

/** Refuses what is no UTF-8, which the usual one replaces by other characters without a word. */
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });

/** What calls of both kinds of handlers pass. */
export function rpcEdge(options: EdgeOptions): Edge {
  const { admission, streamCheck } = options;
  return {
    acceptCompression: [compressionGzip],
    interceptors: [
      errorInterceptor,
      deadlineInterceptor(MAX_CALL_MS),
      drainInterceptor(admission.draining, streamCheck),
    ],
    requestGate: requestGate(options),
    // People and scripts read the JSON form: a false or a zero is an answer too.
    jsonOptions: { alwaysEmitImplicit: true, ignoreUnknownFields: false, textDecoder: strictUtf8 },
  };
}

/** Builds the handlers of all methods that `register` adds; each takes messages as large as its entry in the access table says. */
export function createRpcHandlers(register: (router: ConnectRouter) => void, edge: Edge): RpcHandlers {
  const options: ConnectRouterOptions = { ...edge, compressMinBytes: MIN_COMPRESSED_BYTES };
  // The limit is the router's, so there are two with the same methods.
  const small = createConnectRouter({ ...options, readMaxBytes: MAX_SMALL_MESSAGE_BYTES });
  const large = createConnectRouter({ ...options, readMaxBytes: MAX_MESSAGE_BYTES });
  register(small);
  register(large);
  return new Map([
    ...small.handlers.map((handler) => [handler.requestPath, handler] as const),
    ...large.handlers
      .filter((handler) => accessOf(handler.method)?.largeMessages === true)
      .map((handler) => [handler.requestPath, handler] as const),
  ]);
}
