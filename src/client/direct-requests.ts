import type { DirectUpload } from "../gen/modelbox/v1/artifact_service_pb.ts";
import { ConnectionError } from "./errors.ts";
import type { HttpClient } from "./http-client.ts";
import { Deadline } from "./transfer/deadline.ts";
import { SEND_TIMEOUT_MS, STALL_TIMEOUT_MS } from "./transfer/limits.ts";

/** Puts a chunk to the object store. Throws ConnectionError when that does not take it. */
export async function putDirect(
  http: HttpClient,
  { url, headers }: Pick<DirectUpload, "url" | "headers">,
  bytes: Uint8Array<ArrayBuffer>,
  signal: AbortSignal,
): Promise<void> {
  const { origin } = new URL(url);
  using deadline = new Deadline(origin, SEND_TIMEOUT_MS, signal);
  const response = await http.sendOutside({
    method: "PUT",
    url,
    headers: new Headers(headers),
    body: bytes,
    signal: deadline.signal,
  });
  await response.body?.cancel();
  if (!response.ok) throw refusal(origin, response);
}

/** Reads a chunk from the object store into the array. Throws ConnectionError unless exactly as many bytes come. */
export async function getDirect(
  http: HttpClient,
  url: string,
  into: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const { origin } = new URL(url);
  using deadline = new Deadline(origin, STALL_TIMEOUT_MS, signal);
  const response = await http.sendOutside({ method: "GET", url, signal: deadline.signal });
  if (!response.ok) {
    await response.body?.cancel();
    throw refusal(origin, response);
  }
  let filled = 0;
  for await (const piece of http.body(response, deadline.signal)) {
    deadline.extend();
    if (filled + piece.length > into.length) throw wrongLength(origin);
    into.set(piece, filled);
    filled += piece.length;
  }
  if (filled < into.length) throw wrongLength(origin);
}

/** Addresses are secret: only where they lead may be told. */
function refusal(origin: string, { status }: Response): ConnectionError {
  return new ConnectionError(`The object store at ${origin} answered HTTP ${status}.`, {
    address: origin,
    maybeSeen: true,
  });
}

function wrongLength(origin: string): ConnectionError {
  return new ConnectionError(`The object store at ${origin} sent another number of bytes than a chunk has.`, {
    address: origin,
    maybeSeen: true,
  });
}
