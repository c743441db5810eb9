import { DomainError } from "../../domain/errors.ts";
import type { FailureHead } from "./route.ts";

/** Statuses that say more to HTTP programs than the one of the error's Connect code. */
const STATUSES: Readonly<Record<string, number>> = {
  LENGTH_REQUIRED: 411,
  LEASE_ENDED: 412,
  NOT_AN_UPLOAD: 412,
  NOT_THE_SAME_FILE: 412,
  TOO_LARGE: 413,
  ENCODED_BODY: 415,
  RANGE_NOT_SATISFIABLE: 416,
  WRONG_ROLE: 421,
  QUOTA_EXCEEDED: 507,
  STORAGE_FULL: 507,
};

/** How an error of the blob routes is answered where that differs from the usual. */
export function blobFailure(error: DomainError): FailureHead {
  const status = STATUSES[error.reason];
  const size = error.metadata["size_bytes"];
  if (status === 416 && size !== undefined)
    return { status, headers: { "Content-Range": `bytes */${size}` } };
  return { status };
}

export function bodyStalled(stallMs: number): DomainError {
  const message = `No byte of the body arrived for ${stallMs / 1000} s; check the network and send it again.`;
  return new DomainError("unavailable", "REQUEST_STALLED", message);
}

export function bodyTooSlow(limitMs: number): DomainError {
  const message = `The body did not arrive within ${limitMs / 1000} s; check the network and send it again.`;
  return new DomainError("unavailable", "REQUEST_STALLED", message);
}

export function lengthRequired(): DomainError {
  return new DomainError(
    "invalid_argument",
    "LENGTH_REQUIRED",
    "The request has no Content-Length; send the size of the body in it.",
  );
}

export function tooLarge(limitBytes: number, what: string): DomainError {
  return new DomainError(
    "invalid_argument",
    "TOO_LARGE",
    `${what} has at most ${limitBytes} bytes; send less with one request.`,
    {
      metadata: { limit_bytes: String(limitBytes) },
    },
  );
}

export function notTheSameFile(): DomainError {
  return new DomainError(
    "failed_precondition",
    "NOT_THE_SAME_FILE",
    "The file is not the one that If-Match names; ask without it for the one that is here now.",
  );
}

export function rangeNotSatisfiable(sizeBytes: number): DomainError {
  return new DomainError(
    "invalid_argument",
    "RANGE_NOT_SATISFIABLE",
    `The range begins past the end of the file, which has ${sizeBytes} bytes.`,
    { metadata: { size_bytes: String(sizeBytes) } },
  );
}

export function partialPut(): DomainError {
  return new DomainError(
    "invalid_argument",
    "PARTIAL_PUT",
    "A part of a file can't be put; send all of it in one request, without Content-Range.",
  );
}

export function encodedBody(encoding: string): DomainError {
  return new DomainError(
    "invalid_argument",
    "ENCODED_BODY",
    `Bytes are stored as they are sent; send them without Content-Encoding, and not as ${encoding.slice(0, 100)}.`,
  );
}
