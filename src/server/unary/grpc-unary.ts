import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
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
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  method: UnaryMethod,
  rpc: RpcDependencies,
): Promise<void> | undefined {
  const type = parseContentType(headers["content-type"] ?? null);
  if (headers[":method"] !== "POST" || type?.binary !== true) return undefined;
  if ((headers["grpc-encoding"] ?? UNCOMPRESSED) !== UNCOMPRESSED) return undefined;
  return serve(stream, headers, method, rpc);
}

async function serve(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  method: UnaryMethod,
  rpc: RpcDependencies,
): Promise<void> {
  const gone = new AbortController();
  const onClose = (): void => gone.abort(new ConnectError("The client has gone.", Code.Canceled));
  stream.once("close", onClose);
  const header = headersOf(headers);
  const answer = await serveUnary(
    method,
    {
      protocol: "grpc",
      binary: true,
      header,
      url: `http://${headers[":authority"] ?? headers.host}${headers[":path"]}`,
      signal: gone.signal,
      timeout: parseTimeout(header.get("grpc-timeout"), Number.MAX_SAFE_INTEGER),
      async receive(state) {
        return messageOf(
          await collectedBody(stream, method.maxBytes + ENVELOPE_BYTES, state, rpc.bodyLimits),
        );
      },
    },
    rpc,
  );
  const envelope = await envelopeOf(answer, header, method.edge.acceptCompression);
  stream.off("close", onClose);
  if (!gone.signal.aborted) send(stream, envelope, answer.context);
  answer.end(envelope?.byteLength ?? 0);
}

/** Head, message and trailer. */
function send(stream: ServerHttp2Stream, envelope: Uint8Array | undefined, context: HandlerContext): void {
  const { responseHeader, responseTrailer } = context;
  responseHeader.set("content-type", contentTypeProto);
  stream.respond({ ":status": 200, ...Object.fromEntries(responseHeader) }, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(Object.fromEntries(responseTrailer)));
  // What is still on its way is not wanted any more.
  if (!stream.readableEnded) stream.once("finish", () => stream.close(constants.NGHTTP2_NO_ERROR));
  stream.end(envelope);
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
