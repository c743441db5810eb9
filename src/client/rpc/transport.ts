import { create, type DescMethod } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import type { UniversalClientFn } from "@connectrpc/connect/protocol";
import { createTransport } from "@connectrpc/connect/protocol-connect";
import { MAX_MESSAGE_BYTES } from "../../domain/limits.ts";
import { ConnectionError } from "../errors.ts";
import { REQUEST_ID_HEADER, type HttpClient } from "../http-client.ts";
import { isTransient, withRetry } from "../retry.ts";
import { toClientError, type CallFacts } from "./error-mapping.ts";
import { isRepeatable, withRequestId } from "./request-id.ts";

const DEFAULT_TIMEOUT_MS = 60_000;
const DEFAULT_SLOW_AFTER_MS = 5_000;
/** A commit of a great many files takes the server a while. */
const COMMIT_TIMEOUT_FACTOR = 10;

/** See ModelBoxClientOptions. */
export interface TransportOptions {
  readonly timeoutMs?: number;
  readonly slowAfterMs?: number;
  readonly onSlowAnswer?: () => void;
}

/** Connect over fetch, with typed errors, request ids and retries. Server streams have no time limit and no retries. */
export function createModelBoxTransport(http: HttpClient, options: TransportOptions): Transport {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, slowAfterMs = DEFAULT_SLOW_AFTER_MS, onSlowAnswer } = options;
  const connect = createTransport({
    baseUrl: http.baseUrl,
    httpClient: httpClientOverFetch(http),
    useBinaryFormat: true,
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: 0,
    readMaxBytes: MAX_MESSAGE_BYTES,
    writeMaxBytes: MAX_MESSAGE_BYTES,
  });
  return {
    async unary(method, signal, callTimeoutMs, header, input, contextValues) {
      const limitMs = callTimeoutMs ?? defaultTimeoutMs(method, timeoutMs);
      const { headers, facts } = beginCall(http, method, signal, limitMs, header);
      const message = withRequestId(method, create(method.input, input));
      const attempt = async () => {
        try {
          return await connect.unary(method, signal, limitMs, headers, message, contextValues);
        } catch (error) {
          throw toClientError(error, http, facts);
        }
      };
      const shouldRetry = (error: unknown) => isTransient(error) && maySendAgain(error, method, http);
      const timer = onSlowAnswer && setTimeout(onSlowAnswer, slowAfterMs);
      try {
        return await withRetry(attempt, { shouldRetry, signal, patienceMs: http.patienceMs });
      } finally {
        clearTimeout(timer);
      }
    },
    async stream(method, signal, callTimeoutMs, header, input, contextValues) {
      const { headers, facts } = beginCall(http, method, signal, callTimeoutMs, header);
      const toError = (error: unknown) => toClientError(error, http, facts);
      try {
        const response = await connect.stream(
          method,
          signal,
          callTimeoutMs ?? 0,
          headers,
          input,
          contextValues,
        );
        return { ...response, message: withTypedErrors(response.message, toError) };
      } catch (error) {
        throw toError(error);
      }
    },
  };
}

function defaultTimeoutMs(method: DescMethod, timeoutMs: number): number {
  return method.input.field["files"] === undefined ? timeoutMs : timeoutMs * COMMIT_TIMEOUT_FACTOR;
}

/** Nobody waits for a server that was never there. */
function maySendAgain(error: unknown, method: DescMethod, http: HttpClient): boolean {
  if (error instanceof ConnectionError && !error.maybeSeen) return http.hasAnswered;
  return isRepeatable(method);
}

function beginCall(
  http: HttpClient,
  method: DescMethod,
  signal: AbortSignal | undefined,
  timeoutMs: number | undefined,
  header: Parameters<Transport["unary"]>[3],
): { headers: Headers; facts: CallFacts } {
  const headers = new Headers(header);
  const requestId = headers.get(REQUEST_ID_HEADER) ?? http.makeRequestId();
  headers.set(REQUEST_ID_HEADER, requestId);
  return { headers, facts: { method: method.name, signal, timeoutMs, requestId } };
}

/** No method streams its request, so a body is always small in number of parts, and goes with its length. */
function httpClientOverFetch(http: HttpClient): UniversalClientFn {
  return async (request) => {
    const response = await http.send({
      method: request.method,
      url: request.url,
      headers: request.header,
      ...(request.body === undefined ? {} : { body: await collect(request.body) }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    });
    return {
      status: response.status,
      header: response.headers,
      body: http.body(response, request.signal),
      trailer: new Headers(),
    };
  };
}

async function collect(parts: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all = await Array.fromAsync(parts);
  return all.length === 1 && all[0]?.buffer instanceof ArrayBuffer
    ? (all[0] as Uint8Array<ArrayBuffer>)
    : Buffer.concat(all);
}

async function* withTypedErrors<T>(
  messages: AsyncIterable<T>,
  toError: (error: unknown) => Error,
): AsyncGenerator<T> {
  try {
    for await (const message of messages) yield message;
  } catch (error) {
    throw toError(error);
  }
}
