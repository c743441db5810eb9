import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

/** Ends a unary call at the client's deadline or after `maxMs`, whichever comes first, even if its work goes on. */
export function deadlineInterceptor(maxMs: number): Interceptor {
  return (next) => async (request) => {
    if (request.stream) return next(request);
    const limit = new AbortController();
    const end = Promise.withResolvers<never>();
    const abort = (reason: unknown): void => {
      limit.abort(reason);
      end.reject(reason);
    };
    const onAbort = (): void => abort(request.signal.reason);
    const timer = setTimeout(
      () => abort(new ConnectError(`The call took longer than ${maxMs / 1000} s.`, Code.DeadlineExceeded)),
      maxMs,
    );
    if (request.signal.aborted) onAbort();
    else request.signal.addEventListener("abort", onAbort, { once: true });
    try {
      return await Promise.race([next({ ...request, signal: limit.signal }), end.promise]);
    } finally {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", onAbort);
    }
  };
}
