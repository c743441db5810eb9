import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { AbortedByCallerError, ClientError, ConnectionError, ServerError } from "../errors.ts";
import { REQUEST_ID_HEADER, type HttpClient } from "../http-client.ts";

/** What one call adds to what its error says. */
export interface CallFacts {
  readonly method: string;
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs: number | undefined;
  readonly requestId: string;
}

/** How Connect says that an answer was not Connect's: another kind of server, or a proxy, stands at the address. */
const FOREIGN_ANSWER = /^(HTTP \d+|unsupported content type .*|unsupported response encoding .*)$/;
/** What a proxy says of a server that is behind it but does not answer well. */
const PROXY_ANSWER = /^HTTP (401|403|407|408|413|429|5(?!01)\d\d)$/;

/** Turns whatever a Connect transport throws, after asking `address`, into a ClientError. */
export function toClientError(
  error: unknown,
  http: HttpClient,
  facts: CallFacts,
  address = http.baseUrl,
): Error {
  if (error instanceof ClientError) return error;
  if (!(error instanceof ConnectError)) return error instanceof Error ? error : new Error(String(error));
  if (error.cause instanceof ClientError && !(error.cause instanceof AbortedByCallerError))
    return error.cause;
  if (facts.signal?.aborted === true) {
    return new AbortedByCallerError("The call was ended before the server answered.", { cause: error });
  }
  if (error.code === Code.DeadlineExceeded) return timedOut(http, facts, error);
  const isForeign = FOREIGN_ANSWER.test(error.rawMessage);
  if (isForeign ? !PROXY_ANSWER.test(error.rawMessage) : isBesideTheServer(error, address)) {
    return new ConnectionError(
      `What answers at ${address} is not a ModelBox server (${error.rawMessage.replace(/\.$/, "")}); ${http.advice(address)}.`,
      { address, maybeSeen: true, isLasting: true, cause: error },
    );
  }
  const message = isForeign
    ? `${address} answered with "${error.rawMessage}", which is not how a ModelBox server answers; ${http.advice(address)}.`
    : error.rawMessage;
  const info = error.findDetails(ErrorInfoSchema)[0];
  const retryAfterMs = retryAfter(error);
  return new ServerError(codeToString(error.code) as ServerError["kind"], message, {
    cause: error,
    requestId: error.metadata.get(REQUEST_ID_HEADER) ?? facts.requestId,
    fieldViolations: error.findDetails(BadRequestSchema).flatMap((one) => one.fieldViolations),
    ...(info === undefined ? {} : { reason: info.reason, metadata: info.metadata }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** A server that lacks a method is older than this client, or stands at another path than that of the address. */
function isBesideTheServer(error: ConnectError, address: string): boolean {
  return error.code === Code.Unimplemented && new URL(address).pathname !== "/";
}

function retryAfter(error: ConnectError): number | undefined {
  const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
  if (delay !== undefined) return Number(delay.seconds) * 1000 + delay.nanos / 1_000_000;
  const header = error.metadata.get("retry-after");
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}

function timedOut(http: HttpClient, facts: CallFacts, cause: unknown): ConnectionError {
  const limit = facts.timeoutMs === undefined ? "in time" : `within ${facts.timeoutMs / 1000} s`;
  return new ConnectionError(
    `${http.baseUrl} did not answer ${facts.method} ${limit}; check that the server is well, then try again.`,
    { address: http.baseUrl, maybeSeen: true, isLasting: true, cause },
  );
}
