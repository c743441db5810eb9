import { MAX_CHUNK_BYTES } from "../domain/limits.ts";
import { DISCARD_TIMEOUT_MS } from "./limits.ts";

/**
 * Reads what a refused request still sends, up to the size of a chunk. Otherwise its client may be cut off while it sends,
 * and never see the answer; and Bun would take the connection for busy. What is larger is left to the network.
 */
export async function discardBody(request: Request): Promise<void> {
  const length = Number(request.headers.get("Content-Length") ?? Number.NaN);
  if (request.bodyUsed || !(length > 0 && length <= MAX_CHUNK_BYTES)) return;
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, DISCARD_TIMEOUT_MS);
  try {
    await Promise.race([readAll(request), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function readAll(request: Request): Promise<void> {
  try {
    for await (const _ of request.body ?? []);
  } catch {
    // The client has gone: there is nothing more to read, and nobody to tell.
  }
}
