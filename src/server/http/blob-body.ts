import { releaseOwned } from "../../hashing/release.ts";
import { sizeMismatch } from "../../service/blobs/body-errors.ts";
import type { BufferPool } from "../../service/blobs/buffer-pool.ts";
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
 * The body in one piece, in an array of the pool, which whoever takes it gives back. Bun would collect it in an array that
 * grows, and takes up to twice the memory, fresh each time. Others wait for that memory, so it has a time limit for all of
 * it. Throws DomainError "invalid_argument" when the body has another size.
 */
export async function wholeBody(
  call: Pick<HttpCall, "request" | "countReceived">,
  pool: BufferPool,
  sizeBytes: number,
  limitMs = WHOLE_BODY_MS,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = pool.take(sizeBytes);
  const endMs = performance.now() + limitMs;
  let filledBytes = 0;
  try {
    for await (const piece of requestBody(call, Math.min(BODY_STALL_MS, limitMs))) {
      if (filledBytes + piece.byteLength > sizeBytes) throw sizeMismatch(sizeBytes, "more");
      bytes.set(piece, filledBytes);
      filledBytes += piece.byteLength;
      if (performance.now() > endMs) throw bodyTooSlow(limitMs);
    }
    if (filledBytes < sizeBytes) throw sizeMismatch(sizeBytes, `only ${filledBytes}`);
    return bytes;
  } catch (error) {
    pool.giveBack(bytes);
    throw error;
  }
}
