import { constants, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { Code, ConnectError } from "@connectrpc/connect";
import {
  compressedFlag,
  compressionNegotiate,
  encodeEnvelope,
  type Compression,
} from "@connectrpc/connect/protocol";
import {
  contentTypeProto,
  grpcStatusOk,
  headerGrpcStatus,
  parseContentType,
  parseTimeout,
  setTrailerStatus,
} from "@connectrpc/connect/protocol-grpc";
import { rewriteGrpcMessage } from "../grpc-message.ts";
import { MIN_COMPRESSED_BYTES } from "../limits.ts";
import { headersOf } from "../node-headers.ts";
import { collectedBody } from "../request-body.ts";
import type { RpcDependencies } from "../rpc-endpoint.ts";
import { serveUnary, type UnaryAnswer } from "./unary-call.ts";
import type { UnaryMethod } from "./unary-method.ts";

const ACCEPT_ENCODING = "grpc-accept-encoding";
const UNCOMPRESSED = "identity";
/** A byte of flags, then the length of the message in four. */
const ENVELOPE_BYTES = 5;

/**
 * Serves a native gRPC call in one piece; undefined when it is not of the ordinary kind: protobuf that is not
 * compressed.
 */
export function serveGrpcUnary(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  method: UnaryMethod,
  rpc: RpcDependencies,
): Promise<void> | undefined {
  const { headers } = request;
  const type = parseContentType(headers["content-type"] ?? null);
  if (request.method !== "POST" || type?.binary !== true) return undefined;
  if ((headers["grpc-encoding"] ?? UNCOMPRESSED) !== UNCOMPRESSED) return undefined;
  return serve(request, response, method, rpc);
}

async function serve(
  request: Http2ServerRequest,
  response: Http2ServerResponse,
  method: UnaryMethod,
  rpc: RpcDependencies,
): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new ConnectError("The client has gone.", Code.Canceled));
  response.stream.once("close", onClose);
  const header = headersOf(request);
  const answer = await serveUnary(
    method,
    {
      protocol: "grpc",
      binary: true,
      header,
      url: `http://${request.authority}${request.url}`,
      signal: gone.signal,
      timeout: parseTimeout(header.get("grpc-timeout"), Number.MAX_SAFE_INTEGER),
      async receive(state) {
        return messageOf(
          await collectedBody(request, method.maxBytes + ENVELOPE_BYTES, state, rpc.bodyLimits),
        );
      },
    },
    rpc,
  );
  const envelope = await envelopeOf(answer, header, method.edge.acceptCompression);
  const { responseHeader, responseTrailer } = answer.context;
  response.stream.off("close", onClose);
  if (!gone.signal.aborted) {
    responseHeader.set("content-type", contentTypeProto);
    response.writeHead(200, Object.fromEntries(responseHeader));
    if (envelope) response.write(envelope);
    response.addTrailers(Object.fromEntries(responseTrailer));
    // What is still on its way is not wanted any more.
    response.end(request.readableEnded ? undefined : () => response.stream.close(constants.NGHTTP2_NO_ERROR));
  }
  answer.end(envelope?.byteLength ?? 0);
}

/** The answer's message in its envelope; the trailer gets the status. */
async function envelopeOf(
  { result, context }: UnaryAnswer,
  header: Headers,
  acceptCompression: Compression[],
): Promise<Uint8Array | undefined> {
  const trailer = context.responseTrailer;
  if ("error" in result) {
    setTrailerStatus(trailer, result.error);
    rewriteGrpcMessage(trailer);
    return undefined;
  }
  trailer.set(headerGrpcStatus, grpcStatusOk);
  const { message } = result;
  const accepted = header.get(ACCEPT_ENCODING);
  const { response } = compressionNegotiate(acceptCompression, null, accepted, ACCEPT_ENCODING);
  if (response === null || message.byteLength < MIN_COMPRESSED_BYTES) return encodeEnvelope(0, message);
  context.responseHeader.set("grpc-encoding", response.name);
  return encodeEnvelope(compressedFlag, await response.compress(message));
}

function messageOf(body: Buffer): Uint8Array {
  if (body.byteLength === 0) throw new ConnectError("The call has no message.", Code.Unimplemented);
  const length = body.byteLength < ENVELOPE_BYTES ? Number.NaN : body.readUInt32BE(1);
  const message = body.subarray(ENVELOPE_BYTES);
  if (message.byteLength > length)
    throw new ConnectError("The call has more than one message.", Code.Unimplemented);
  if (message.byteLength !== length)
    throw new ConnectError("The message is cut short.", Code.InvalidArgument);
  if (body[0] !== 0) {
    throw new ConnectError("The message is compressed, and grpc-encoding does not say how.", Code.Internal);
  }
  return message;
}
