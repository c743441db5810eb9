import { releaseOwned } from "../../hashing/release.ts";
import { BODY_STALL_MS, WHOLE_BODY_MS } from "../limits.ts";
import { bodyStalled, bodyTooSlow } from "./blob-errors.ts";
import type { HttpCall } from "./route.ts";

/**
 * The bytes of a request, counted as they arrive, and given up when its client falls silent. One timer that is pushed
 * back, and no race of promises: a promise that outlives its piece of the body keeps it in memory. A piece is valid until
 * the next one is asked for.
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
      releaseOwned(value);
      timer.refresh();
    }
  } finally {
    clearTimeout(timer);
    if (!isDone) await reader.cancel().catch(() => undefined);
  }
}

/**
 * The body in one piece, in an array of its own; for small bodies only. Nobody sees how it gets on meanwhile, so it has
 * a time limit for all of it.
 */
export async function wholeBody(
  { request, countReceived }: Pick<HttpCall, "request" | "countReceived">,
  limitMs = WHOLE_BODY_MS,
): Promise<Uint8Array<ArrayBuffer>> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(bodyTooSlow(limitMs)), limitMs);
  try {
    const buffer = await Promise.race([request.arrayBuffer(), late.promise]);
    countReceived(buffer.byteLength);
    return new Uint8Array(buffer);
  } finally {
    clearTimeout(timer);
  }
}
