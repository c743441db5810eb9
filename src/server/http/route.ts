import type { DomainError } from "../../domain/errors.ts";
import type { Caller } from "../../service/context.ts";

/** What a plain HTTP route is called with. Method, path, access and drain were checked already. */
export interface HttpCall {
  /** The body is not read yet; a route that takes one limits it itself. */
  readonly request: Request;
  readonly url: URL;
  /** The parts of the path that the pattern names, decoded once. */
  readonly params: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly requestId: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /**
   * To be told of body bytes as they are read, for the metrics. What is sent is counted by the caller. Throws DomainError
   * "unauthenticated" when the caller may not go on.
   */
  countReceived(bytes: number): void;
}

/**
 * A plain HTTP route of `listen_addr`. An error that it throws is answered in the JSON form of a Connect error, so a
 * route throws DomainError as a use case does.
 */
export interface HttpRoute {
  /** For metrics and logs, for example "PutChunk". Without an entry in access-table.ts the route is refused. */
  readonly name: string;
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** For example `/v1/chunks/:sha256`; a named part matches one path segment, which may not be empty. */
  readonly pattern: string;
  /** True for routes that take the bytes of files: they count as uploads in progress. */
  readonly upload?: boolean;
  /** True for routes of which there are so many calls that only failures are worth a log line. */
  readonly quiet?: boolean;
  /** How an error that `handle` threw is answered, where that differs from the usual. */
  failure?(error: DomainError): FailureHead;
  handle(call: HttpCall): Response | Promise<Response>;
}

/** What the answer to an error has instead of the usual. */
export interface FailureHead {
  readonly status?: number | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}
