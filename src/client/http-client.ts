import { TRANSFER_PATIENCE_MS } from "./retry.ts";
import { AbortedByCallerError, ConnectionError, InvalidInputError } from "./errors.ts";

/** Names the call in the server's log and in its answer. */
export const REQUEST_ID_HEADER = "x-request-id";

/** What every request to the server has in common. */
export interface HttpClientOptions {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  readonly headers: Readonly<Record<string, string>>;
  /** "" for none. */
  readonly token: string;
  readonly tls: ClientTls | undefined;
  readonly makeRequestId: () => string;
}

/** PEM texts for https. */
export interface ClientTls {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
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
  readonly #token: string;
  readonly #tls: ClientTls | undefined;
  /** Origins that may see the token. */
  readonly #trusted: Set<string>;
  #transfers = 0;

  constructor(options: HttpClientOptions) {
    this.baseUrl = options.baseUrl;
    this.makeRequestId = options.makeRequestId;
    this.#headers = options.headers;
    this.#token = options.token;
    this.#tls = options.tls;
    this.#trusted = new Set([new URL(options.baseUrl).origin]);
  }

  /** How long requests are tried again at least: long while files are moved, so that a restart of the server does not end that. */
  get patienceMs(): number {
    return this.#transfers > 0 ? TRANSFER_PATIENCE_MS : 0;
  }

  /** Until it is disposed, requests are patient. */
  beginTransfer(): Disposable {
    this.#transfers += 1;
    return { [Symbol.dispose]: () => void (this.#transfers -= 1) };
  }

  /** Lets an address that the server has named see the token too. */
  trust(address: string): void {
    if (this.#token !== "" && this.baseUrl.startsWith("https:") && !address.startsWith("https:")) {
      throw new InvalidInputError(
        `The server sends files over ${address}, where others could read the token; whoever runs it must give public_blob_addrs with https://.`,
      );
    }
    this.#trusted.add(new URL(address).origin);
  }

  /** Any status is a success here. Throws ConnectionError, or AbortedByCallerError when the signal ended. */
  async send(request: HttpRequest): Promise<Response> {
    const headers = new Headers(request.headers);
    for (const [name, value] of Object.entries(this.#headers)) headers.set(name, value);
    if (!headers.has(REQUEST_ID_HEADER)) headers.set(REQUEST_ID_HEADER, this.makeRequestId());
    // Chunks don't compress, and Bun would inflate what Connect wants to see as it was sent.
    headers.set("accept-encoding", "identity");
    if (this.#token !== "" && this.#trusted.has(new URL(request.url).origin))
      headers.set("authorization", `Bearer ${this.#token}`);
    try {
      const response = await fetch(request.url, {
        method: request.method,
        headers,
        redirect: "manual",
        ...(this.#tls && { tls: { ...this.#tls } }),
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
      this.hasAnswered = true;
      return response;
    } catch (error) {
      throw this.toClientError(error, request.signal, request.url);
    }
  }

  /** Sends a request to who is not the server: nothing goes with it but what the request says. */
  async sendOutside(request: HttpRequest): Promise<Response> {
    const ca = this.#tls?.ca === undefined ? undefined : withUsualAuthorities(this.#tls.ca);
    try {
      return await fetch(request.url, {
        method: request.method,
        redirect: "manual",
        ...(ca && { tls: { ca } }),
        ...(request.headers === undefined ? {} : { headers: request.headers }),
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      });
    } catch (error) {
      throw this.toClientError(error, request.signal, request.url);
    }
  }

  /** The bytes of an answer, piece by piece, with the errors of `send`. */
  async *body(response: Response, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, undefined> {
    if (response.body === null) return;
    try {
      for await (const piece of response.body) yield piece;
    } catch (error) {
      throw this.toClientError(error, signal, response.url);
    }
  }

  /** What to check when nobody answers well at an address, which is the server's or one that the server has named. */
  advice(address: string): string {
    if (address === this.baseUrl) return "check server_addr";
    return "whoever runs the server must look after that one, or correct public_blob_addrs";
  }

  /** What a failure of fetch, or of reading its answer, means; `url` is what was asked for. */
  toClientError(error: unknown, signal?: AbortSignal, url = this.baseUrl): Error {
    if (error instanceof ConnectionError || error instanceof AbortedByCallerError) return error;
    if (signal?.aborted === true) {
      if (signal.reason instanceof ConnectionError) return signal.reason;
      return new AbortedByCallerError("The call was ended before the server answered.", {
        cause: signal.reason,
      });
    }
    const isServer = url === this.baseUrl || url.startsWith(`${this.baseUrl}/`);
    const address = isServer ? this.baseUrl : new URL(url).origin;
    const where = { address, isServer, advice: this.advice(address) };
    return describeFetchError(error, where, this.hasAnswered);
  }
}

/** Loads the module when it is wanted: it takes 8 MB that hardly any client should pay for. */
function withUsualAuthorities(ca: string): string[] {
  return [...process.getBuiltinModule("node:tls").rootCertificates, ca];
}

/** Codes of fetch that mean that nobody whom this machine trusts has signed the server's certificate. */
const UNTRUSTED_CODES = [
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "CERT_UNTRUSTED",
] as const;

/** Codes of fetch that mean that no connection came about: the server can't have seen the request. */
const UNSEEN_CODES: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EPROTO",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  ...UNTRUSTED_CODES,
]);

/** Codes of fetch that another try would not change. */
const LASTING_CODES: ReadonlySet<string> = new Set([
  "EPROTO",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  ...UNTRUSTED_CODES,
  "InvalidHTTPResponse",
  "Malformed_HTTP_Response",
]);

/** Whom a request went to. */
interface Destination {
  readonly address: string;
  /** It is the server itself, and not another that it has named. */
  readonly isServer: boolean;
  readonly advice: string;
}

function describeFetchError(error: unknown, where: Destination, hasAnswered: boolean): ConnectionError {
  const code = errorCode(error);
  return new ConnectionError(describeCode(code, where, error, hasAnswered) + proxyHint(), {
    address: where.address,
    maybeSeen: !UNSEEN_CODES.has(code),
    isLasting: LASTING_CODES.has(code),
    cause: error,
  });
}

function describeCode(
  code: string,
  { address, isServer, advice }: Destination,
  error: unknown,
  hasAnswered: boolean,
): string {
  if (UNTRUSTED_CODES.some((one) => one === code))
    return `The certificate of ${address} is signed by nobody whom this machine trusts; set ca_file (or MODELBOX_CA_FILE) to its authority's certificate.`;
  switch (code) {
    case "CERT_HAS_EXPIRED":
      return `The certificate of ${address} has expired; whoever runs the server must renew it.`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `The certificate of ${address} is for another name; write server_addr with a name that stands in it.`;
    case "ECONNREFUSED":
      return isServer
        ? `Nothing listens at ${address}; start the server with \`modelbox server start\`, or ${advice}.`
        : `Nothing listens at ${address}; ${advice}.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host of ${address} is not known; ${advice}.`;
    case "ECONNRESET":
      return address.startsWith("http:") && !hasAnswered
        ? `${address} closed the connection without an answer; if the server speaks TLS, write server_addr with https://.`
        : `The connection to ${address} was lost; check that the server is running, then try again.`;
    case "EPROTO":
      return `${address} doesn't speak TLS, or not with this client; write server_addr with http:// instead of https://, or set cert_file and key_file if the server wants a certificate.`;
    case "InvalidHTTPResponse":
    case "Malformed_HTTP_Response":
      return `What listens at ${address} is no HTTP/1.1 server; give listen_addr, not grpc_listen_addr, as server_addr.`;
    default: {
      const detail = error instanceof Error ? error.message : String(error);
      return `${address} can't be reached (${detail}); ${advice}, and look at the network.`;
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
