import type { Interceptor } from "@connectrpc/connect";
import { DomainError } from "../../domain/errors.ts";
import { accessOf } from "../access-table.ts";
import type { Authenticate } from "./authenticate.ts";

/** Looks again whether who opened a stream may still have it. */
export interface StreamCheck {
  readonly intervalMs: number;
  readonly authenticate: Authenticate;
}

/**
 * Ends open streams when the server begins to drain, or when their caller may not call any more: they would never end
 * by themselves.
 */
export function drainInterceptor(draining: AbortSignal, check?: StreamCheck): Interceptor {
  return (next) => async (request) => {
    if (!request.stream || accessOf(request.method)?.duringDrain === true) return next(request);
    const end = new AbortController();
    const onDrain = (): void => end.abort(draining.reason);
    const onAbort = (): void => end.abort(request.signal.reason);
    draining.addEventListener("abort", onDrain, { once: true });
    request.signal.addEventListener("abort", onAbort, { once: true });
    if (request.signal.aborted) onAbort();
    const stopChecking = check && checkAgain(check, request.header, (reason) => end.abort(reason));
    const stop = (): void => {
      stopChecking?.();
      draining.removeEventListener("abort", onDrain);
      request.signal.removeEventListener("abort", onAbort);
    };
    try {
      const response = await next({ ...request, signal: end.signal });
      return response.stream ? { ...response, message: until(end.signal, response.message, stop) } : response;
    } catch (error) {
      stop();
      throw error;
    }
  };
}

/** Asks now and then who calls, until that is nobody any more. Returns how to stop. */
function checkAgain(
  { intervalMs, authenticate }: StreamCheck,
  headers: Headers,
  refuse: (reason: DomainError) => void,
): () => void {
  const look = async (): Promise<void> => {
    try {
      await authenticate(headers);
    } catch (error) {
      // A database that does not answer at the moment is no reason to send somebody away.
      if (error instanceof DomainError && error.kind === "unauthenticated") refuse(error);
    }
  };
  const timer = setInterval(() => void look(), intervalMs);
  return () => clearInterval(timer);
}

/** The messages until the signal fires; then its reason is thrown, whatever the messages' source does about it. */
async function* until<M>(
  signal: AbortSignal,
  messages: AsyncIterable<M>,
  stop: () => void,
): AsyncGenerator<M> {
  let interrupt: ((reason: unknown) => void) | undefined;
  const onAbort = (): void => interrupt?.(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  const iterator = messages[Symbol.asyncIterator]();
  // A new promise for every message: racing all of them against one would keep every reaction in memory.
  const next = (): Promise<IteratorResult<M>> =>
    new Promise((resolve, reject) => {
      interrupt = reject;
      iterator.next().then(resolve, reject);
    });
  try {
    for (;;) {
      signal.throwIfAborted();
      const result = await next();
      signal.throwIfAborted();
      if (result.done === true) return;
      yield result.value;
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    stop();
    signal.removeEventListener("abort", onAbort);
    iterator.return?.(undefined)?.catch(() => undefined);
  }
}
