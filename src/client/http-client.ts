import { AbortedByCallerError, ConnectionError } from "./errors.ts";

/** Names the call in the server's log and in its answer. */
export const REQUEST_ID_HEADER = "x-request-id";

/** What every request to the server has in common. */
export interface HttpClientOptions {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly makeRequestId: () => string;
}

/** One request. */
export interface HttpRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers?: Headers;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
}

/** Sends requests over kept-alive connections, and turns what fetch throws into ConnectionError. */
export class HttpClient {
  readonly baseUrl: string;
  /** True once the server has answered: from then on a refused connection is worth another try. */
  hasAnswered = false;
  readonly makeRequestId: () => string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: HttpClientOptions) {
    this.baseUrl = options.baseUrl;
    this.makeRequestId = options.makeRequestId;
    this.#headers = options.headers;
  }

  /** Any status is a success here. Throws ConnectionError, or AbortedByCallerError when the signal ended. */
  async send(request: HttpRequest): Promise<Response> {
    const headers = new Headers(request.headers);
    for (const [name, value] of Object.entries(this.#headers)) headers.set(name, value);
    if (!headers.has(REQUEST_ID_HEADER)) headers.set(REQUEST_ID_HEADER, this.makeRequestId());
    // Chunks don't compress, and Bun would inflate what Connect wants to see as it was sent.
    headers.set("accept-encoding", "identity");
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers,
        redirect: "manual",
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      this.hasAnswered = true;
      return response;
    } catch (error) {
      throw this.toClientError(error, request.signal);
    }
  }

  /** The bytes of an answer, piece by piece, with the errors of `send`. */
  async *body(response: Response, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    if (response.body === null) return;
    try {
      for await (const piece of response.body) yield piece;
    } catch (error) {
      throw this.toClientError(error, signal);
    }
  }

  /** What a failure of fetch, or of reading its answer, means. */
  toClientError(error: unknown, signal?: AbortSignal): Error {
    if (error instanceof ConnectionError || error instanceof AbortedByCallerError) return error;
    if (signal?.aborted === true) {
      if (signal.reason instanceof ConnectionError) return signal.reason;
      return new AbortedByCallerError("The call was ended before the server answered.", {
        cause: signal.reason,
      });
    }
    return describeFetchError(error, this.baseUrl);
  }
}

/** Codes of fetch that mean that no connection came about: the server can't have seen the request. */
const UNSEEN_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPROTO",
]);

/** Codes of fetch that another try would not change. */
const LASTING_CODES: ReadonlySet<string> = new Set([
  "EPROTO",
  "InvalidHTTPResponse",
  "Malformed_HTTP_Response",
]);

function describeFetchError(error: unknown, address: string): ConnectionError {
  const code = errorCode(error);
  return new ConnectionError(describeCode(code, address, error) + proxyHint(), {
    address,
    maybeSeen: !UNSEEN_CODES.has(code),
    isLasting: LASTING_CODES.has(code),
    cause: error,
  });
}

function describeCode(code: string, address: string, error: unknown): string {
  switch (code) {
    case "ECONNREFUSED":
      return `Nothing listens at ${address}; start the server with \`modelbox server start\`, or check server_addr.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host of ${address} is not known; check server_addr.`;
    case "ECONNRESET":
      return `The connection to ${address} was lost; check that the server is running, then try again.`;
    case "EPROTO":
      return `${address} doesn't speak TLS; write server_addr with http:// instead of https://.`;
    case "InvalidHTTPResponse":
    case "Malformed_HTTP_Response":
      return `What listens at ${address} is no HTTP/1.1 server; give listen_addr, not grpc_listen_addr, as server_addr.`;
    default: {
      const detail = error instanceof Error ? error.message : String(error);
      return `${address} can't be reached (${detail}); check server_addr and the network.`;
    }
  }
}

function proxyHint(): string {
  const proxy = process.env["http_proxy"] ?? process.env["HTTP_PROXY"] ?? "";
  return proxy === ""
    ? ""
    : " (http_proxy is set: add the server's host to no_proxy if it must not be used.)";
}

/** The `code` of a system error, or "". */
export function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string") return error.code;
  return "";
}
