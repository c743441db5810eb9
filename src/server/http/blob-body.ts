import { BODY_STALL_MS } from "../limits.ts";
import { bodyStalled } from "./blob-errors.ts";
import type { HttpCall } from "./route.ts";

/**
 * The bytes of a request, counted as they arrive, and given up when its client falls silent. One timer that is pushed
 * back, and no race of promises: a promise that outlives its piece of the body keeps it in memory.
 */
export async function* requestBody(
  { request, countReceived }: Pick<HttpCall, "request" | "countReceived">,
  stallMs = BODY_STALL_MS,
): AsyncGenerator<Uint8Array, void, undefined> {
  // An empty body is no stream at all.
  const reader = request.body?.getReader();
  if (reader === undefined) return;
  let isStalled = false;
  let isDone = false;
  const timer = setTimeout(() => {
    isStalled = true;
    // Ends the read that waits.
    void reader.cancel().catch(() => undefined);
  }, stallMs);
  try {
    for (;;) {
      const { done, value } = await reader.read();
      isDone = done;
      if (isStalled) throw bodyStalled(stallMs);
      if (done) return;
      countReceived(value.byteLength);
      yield value;
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
    if (!isDone) await reader.cancel().catch(() => undefined);
  }
}
