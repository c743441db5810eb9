import { Code, ConnectError } from "@connectrpc/connect";
import type { DomainError, ErrorKind } from "../domain/errors.ts";
import { BadRequestSchema, ErrorInfoSchema } from "../gen/google/rpc/error_details_pb.ts";

/**
 * The one table from errors of the domain to the wire. Plain HTTP routes answer with the status that Connect gives to
 * the code (400 for invalid_argument and failed_precondition, 404, 409 for already_exists and aborted, 503, …).
 */
const CODES: Readonly<Record<ErrorKind, Code>> = {
  not_found: Code.NotFound,
  already_exists: Code.AlreadyExists,
  invalid_argument: Code.InvalidArgument,
  failed_precondition: Code.FailedPrecondition,
  conflict: Code.Aborted,
  permission_denied: Code.PermissionDenied,
  unauthenticated: Code.Unauthenticated,
  resource_exhausted: Code.ResourceExhausted,
  unavailable: Code.Unavailable,
  data_loss: Code.DataLoss,
  unimplemented: Code.Unimplemented,
};

/** Value of ErrorInfo.domain in every error. */
const ERROR_DOMAIN = "modelbox";

/** Reasons of errors that Connect makes itself, mostly before or instead of a use case. */
const REASONS: Readonly<Partial<Record<Code, string>>> = {
  [Code.Canceled]: "CANCELED",
  [Code.DeadlineExceeded]: "DEADLINE_EXCEEDED",
  [Code.InvalidArgument]: "MALFORMED_REQUEST",
  [Code.NotFound]: "NOT_FOUND",
  [Code.ResourceExhausted]: "MESSAGE_TOO_LARGE",
  [Code.Unimplemented]: "NOT_SUPPORTED",
};

/** Adds the reason to an error that has none, so that programs find one in every error. */
export function ensureReason(error: ConnectError): ConnectError {
  const hasReason = error.details.some(
    (one) => ("desc" in one ? one.desc.typeName : one.type) === ErrorInfoSchema.typeName,
  );
  if (!hasReason) error.details.unshift(errorInfo(REASONS[error.code] ?? "INTERNAL", {}));
  return error;
}

/** What a client is told of an error, details for programs included. Its cause is only for the log. */
export function toConnectError(error: DomainError): ConnectError {
  const { kind, reason, message, metadata, violations } = error;
  const info = errorInfo(reason, metadata);
  const fields = violations.map(({ field, description }) => ({ field, description }));
  const badRequest = { desc: BadRequestSchema, value: { fieldViolations: fields } };
  return new ConnectError(
    message,
    CODES[kind],
    undefined,
    fields.length === 0 ? [info] : [info, badRequest],
    error,
  );
}

function errorInfo(reason: string, metadata: DomainError["metadata"]) {
  return { desc: ErrorInfoSchema, value: { reason, domain: ERROR_DOMAIN, metadata: { ...metadata } } };
}
