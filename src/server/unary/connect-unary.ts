import { compressionNegotiate, mergeNonProtocolHeaders } from "@connectrpc/connect/protocol";
import {
  codeToHttpStatus,
  contentTypeUnaryJson,
  contentTypeUnaryProto,
  errorToJsonBytes,
  parseContentType,
  parseTimeout,
} from "@connectrpc/connect/protocol-connect";
import { MAX_SMALL_MESSAGE_BYTES, MIN_COMPRESSED_BYTES } from "../limits.ts";
import { wholeBody } from "../request-body.ts";
import type { RpcDependencies } from "../rpc-endpoint.ts";
import { serveUnary, type UnaryAnswer } from "./unary-call.ts";
import type { UnaryMethod } from "./unary-method.ts";

const ACCEPT_ENCODING = "Accept-Encoding";
const UNCOMPRESSED = "identity";

/**
 * Serves a call of the Connect protocol in one piece; undefined when it is not of the ordinary kind: one message as it
 * is, small, and of a stated length, to which Bun holds clients.
 */
export function serveConnectUnary(
  request: Request,
  method: UnaryMethod,
  rpc: RpcDependencies,
): Promise<Response> | undefined {
  const { headers } = request;
  const type = parseContentType(headers.get("Content-Type"));
  if (request.method !== "POST" || type === undefined || type.stream) return undefined;
  if ((headers.get("Content-Encoding") ?? UNCOMPRESSED) !== UNCOMPRESSED) return undefined;
  const length = Number(headers.get("Content-Length") ?? Number.NaN);
  if (!(length <= Math.min(method.maxBytes, MAX_SMALL_MESSAGE_BYTES))) return undefined;
  return serve(request, method, rpc, type.binary, length);
}

async function serve(
  request: Request,
  method: UnaryMethod,
  rpc: RpcDependencies,
  binary: boolean,
  length: number,
): Promise<Response> {
  const { headers: header, url, signal } = request;
  const answer = await serveUnary(
    method,
    {
      protocol: "connect",
      binary,
      header,
      url,
      signal,
      timeout: parseTimeout(header.get("Connect-Timeout-Ms"), Number.MAX_SAFE_INTEGER),
      receive: (state) => wholeBody(() => request.bytes(), length, state, rpc.bodyLimits),
    },
    rpc,
  );
  const { body, status } = await encode(answer, method, binary, header.get(ACCEPT_ENCODING));
  const headers = answer.context.responseHeader;
  headers.set("Content-Length", String(body.byteLength));
  answer.end(body.byteLength);
  return new Response(body, { status, headers });
}

async function encode(
  { result, context }: UnaryAnswer,
  { edge }: UnaryMethod,
  binary: boolean,
  acceptEncoding: string | null,
): Promise<{ readonly body: Uint8Array; readonly status: number }> {
  const headers = context.responseHeader;
  if ("error" in result) {
    mergeNonProtocolHeaders(headers, result.error.metadata);
    headers.set("Content-Type", contentTypeUnaryJson);
    return {
      body: errorToJsonBytes(result.error, edge.jsonOptions),
      status: codeToHttpStatus(result.error.code),
    };
  }
  headers.set("Content-Type", binary ? contentTypeUnaryProto : contentTypeUnaryJson);
  const { response } = compressionNegotiate(edge.acceptCompression, null, acceptEncoding, ACCEPT_ENCODING);
  if (response === null || result.message.byteLength < MIN_COMPRESSED_BYTES)
    return { body: result.message, status: 200 };
  headers.set("Content-Encoding", response.name);
  return { body: await response.compress(result.message), status: 200 };
}
