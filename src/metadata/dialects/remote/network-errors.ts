import { DomainError } from "../../../domain/errors.ts";
import { refused } from "./settings.ts";

const NETWORK = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_SOCKET_CLOSED",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
  "PROTOCOL_CONNECTION_LOST",
  "PROTOCOL_SEQUENCE_TIMEOUT",
  "PROTOCOL_ENQUEUE_AFTER_FATAL_ERROR",
  "CONNECTION_CLOSED",
  "CONNECTION_ENDED",
  "CONNECTION_DESTROYED",
  "CONNECT_TIMEOUT",
]);

const TLS =
  /^(CERT_|ERR_TLS_|ERR_SSL_|ERR_OSSL_|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|HANDSHAKE_SSL_ERROR|INVALID_CA)/;

/** True for a code that says that there is no connection, or none any more. */
export function isNetworkCode(code: string): boolean {
  return NETWORK.has(code);
}

/** True when the certificates of the two sides don't fit. */
export function isTlsFailure(error: unknown): boolean {
  for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth += 1) {
    const { code } = inner as { readonly code?: unknown };
    if (typeof code === "string" && TLS.test(code)) return true;
  }
  return false;
}

/** The certificates don't fit, which does not get better with time. */
export function tlsRefused(error: unknown, address: string): unknown {
  const detail = error instanceof Error ? error.message : String(error);
  return refused(
    "tls",
    `no trusted TLS connection to ${address} (${detail}); check tls, tls_ca_file and the host's name.`,
  );
}

/** The server does not answer, which it may later. */
export function noAnswer(error: unknown, address: string): DomainError {
  const detail =
    error instanceof Error ? error.message || (error as NodeJS.ErrnoException).code : String(error);
  const message = `The database server ${address} does not answer (${detail}); try again later.`;
  return new DomainError("unavailable", "DATABASE_UNAVAILABLE", message, { cause: error });
}
