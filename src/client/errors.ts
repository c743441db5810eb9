/** What kind of failure it is: the server's status codes in Connect's spelling, and the client's own kinds. */
export type ClientErrorKind =
  | ServerErrorCode
  | "no_connection"
  | "invalid_input"
  | "local_file"
  | "corrupt_data"
  | "aborted_by_caller";

/** The status codes of Connect. */
export type ServerErrorCode =
  | "canceled"
  | "unknown"
  | "invalid_argument"
  | "deadline_exceeded"
  | "not_found"
  | "already_exists"
  | "permission_denied"
  | "resource_exhausted"
  | "failed_precondition"
  | "aborted"
  | "out_of_range"
  | "unimplemented"
  | "internal"
  | "unavailable"
  | "data_loss"
  | "unauthenticated";

/** One field of a request that the server refused, and what would be right. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** Every error that this client throws on purpose. The message is one sentence that says what to do. */
export abstract class ClientError extends Error {
  abstract readonly kind: ClientErrorKind;
}

/** What a ConnectionError carries besides its message. */
export interface ConnectionErrorDetails extends ErrorOptions {
  readonly address: string;
  readonly maybeSeen: boolean;
  readonly isLasting?: boolean;
}

/** The server could not be reached, or did not answer in time. */
export class ConnectionError extends ClientError {
  override readonly name = "ConnectionError";
  readonly kind = "no_connection";
  /** The address that was tried. */
  readonly address: string;
  /** False when it is certain that the server has not seen the request. */
  readonly maybeSeen: boolean;
  /** True when another try would not help: the time for the call is used up, or the other side is no such server. */
  readonly isLasting: boolean;

  constructor(message: string, details: ConnectionErrorDetails) {
    super(message, details);
    this.address = details.address;
    this.maybeSeen = details.maybeSeen;
    this.isLasting = details.isLasting ?? false;
  }
}

/** What a ServerError carries besides its message. */
export interface ServerErrorDetails extends ErrorOptions {
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly fieldViolations?: readonly FieldViolation[];
  readonly requestId?: string;
  readonly retryAfterMs?: number;
}

/** The server refused the request, or failed. */
export class ServerError extends ClientError {
  override readonly name = "ServerError";
  readonly kind: ServerErrorCode;
  /** A constant for programs, for example "NOT_FOUND"; "" when the server gave none. */
  readonly reason: string;
  /** Facts that belong to the reason. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Which fields of the request were wrong. */
  readonly fieldViolations: readonly FieldViolation[];
  /** Find the call in the server's log by it. */
  readonly requestId: string;
  /** How long the server asks to wait before another try; undefined when it doesn't. */
  readonly retryAfterMs: number | undefined;

  constructor(kind: ServerErrorCode, message: string, details: ServerErrorDetails = {}) {
    super(message, details);
    this.kind = kind;
    this.reason = details.reason ?? "";
    this.metadata = details.metadata ?? {};
    this.fieldViolations = details.fieldViolations ?? [];
    this.requestId = details.requestId ?? "";
    this.retryAfterMs = details.retryAfterMs;
  }
}

/** The caller asked for something that makes no sense; nothing was sent. */
export class InvalidInputError extends ClientError {
  override readonly name = "InvalidInputError";
  readonly kind = "invalid_input";
}

/** A file or folder of this machine can't be used; nothing is wrong with the server. */
export class LocalFileError extends ClientError {
  override readonly name = "LocalFileError";
  readonly kind = "local_file";
  /** The file or folder. */
  readonly path: string;

  constructor(path: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.path = path;
  }
}

/** Bytes that came over the network are not those that were asked for, and asking again did not help. */
export class CorruptDataError extends ClientError {
  override readonly name = "CorruptDataError";
  readonly kind = "corrupt_data";
}

/** The caller's signal ended the call. */
export class AbortedByCallerError extends ClientError {
  override readonly name = "AbortedByCallerError";
  readonly kind = "aborted_by_caller";
}
