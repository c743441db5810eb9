import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { DomainError } from "../../domain/errors.ts";
import { rpcStateKey } from "../call.ts";
import { ensureReason, toConnectError } from "../error-map.ts";
import type { ObservedCall } from "../observed-call.ts";

/** Seconds after which a client may come back, where waiting is what helps. */
const RETRY_AFTER_SECONDS = "1";

/** Turns whatever is thrown into what may be sent, and notes it for the log. The outermost interceptor. */
export const errorInterceptor: Interceptor = (next) => async (request) => {
  const call = request.contextValues.get(rpcStateKey)?.call;
  try {
    const response = await next(request);
    return response.stream
      ? { ...response, message: mapped(response.message, request.signal, call) }
      : response;
  } catch (error) {
    throw toWireError(error, call, request.signal);
  }
};

async function* mapped<M>(messages: AsyncIterable<M>, signal: AbortSignal, call: ObservedCall | undefined) {
  try {
    yield* messages;
  } catch (error) {
    throw toWireError(error, call, signal);
  }
}

/** What a client is told; the cause stays in the log. A failure after the signal fired is the signal's doing. */
export function toWireError(
  error: unknown,
  call: ObservedCall | undefined,
  signal?: AbortSignal,
): ConnectError {
  const wire = ensureReason(translate(error, call, signal));
  if (wire.code === Code.Unavailable) wire.metadata.set("Retry-After", RETRY_AFTER_SECONDS);
  if (wire.code === Code.Unauthenticated) wire.metadata.set("WWW-Authenticate", 'Bearer realm="modelbox"');
  if (call) {
    call.code = codeToString(wire.code);
    call.error = error;
  }
  return wire;
}

function translate(
  error: unknown,
  call: ObservedCall | undefined,
  signal: AbortSignal | undefined,
): ConnectError {
  if (error instanceof DomainError) return toConnectError(error);
  if (error instanceof ConnectError) return error;
  if (signal?.aborted === true) {
    const { reason } = signal;
    if (reason instanceof DomainError) return toConnectError(reason);
    return reason instanceof ConnectError
      ? reason
      : new ConnectError("The call was cancelled.", Code.Canceled);
  }
  const hint = call ? ` The server's log has the cause under request id ${call.requestId}.` : "";
  return new ConnectError(`Internal error.${hint}`, Code.Internal);
}
