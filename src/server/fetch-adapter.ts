import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import type { RpcRequest } from "./rpc-endpoint.ts";
import { MAX_SMALL_MESSAGE_BYTES } from "./limits.ts";

/** A fetch request as Connect's handlers take it. */
export function universalRequest(request: Request): RpcRequest {
  return {
    // Only calls that stream both ways need to know it, and there are none.
    httpVersion: "",
    method: request.method,
    url: request.url,
    header: request.headers,
    body: bodyOf(request),
    signal: request.signal,
  };
}

/** In one piece when it is known to be small, which is twice as fast; Bun holds clients to the length that they state. */
async function* bodyOf(request: Request): AsyncGenerator<Uint8Array> {
  const length = request.headers.get("Content-Length");
  if (length !== null && Number(length) <= MAX_SMALL_MESSAGE_BYTES) yield await request.bytes();
  else if (request.body !== null) yield* request.body;
}

/** The answer of a Connect handler as a fetch response: in one piece, with its length, unless the method streams. */
export async function fetchResponse(
  { status, header, body }: UniversalServerResponse,
  { method }: UniversalHandler,
): Promise<Response> {
  const init = header === undefined ? { status } : { status, headers: header };
  if (body === undefined) return new Response(null, init);
  return new Response(method.methodKind === "unary" ? await collected(body) : streamOf(body), init);
}

async function collected(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of body) pieces.push(piece);
  const [only] = pieces;
  return pieces.length === 1 && only ? only : Buffer.concat(pieces);
}

function streamOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const result = await iterator.next();
      if (result.done === true) controller.close();
      else controller.enqueue(result.value);
    },
    async cancel() {
      await iterator.return?.(undefined);
    },
  });
}
