import { DomainError } from "../../domain/errors.ts";

/** The store answered with a status that says "not now". */
export class BusyStoreError extends Error {
  override readonly name = "BusyStoreError";
  readonly status: number;
  /** S3's own, for example "SlowDown"; "" when the answer had none. */
  readonly code: string;

  constructor(status: number, code: string) {
    super(`the object store answered ${status} ${code}`.trimEnd());
    this.status = status;
    this.code = code;
  }
}

/** The store answered with a status that says "no". */
export class StoreRefusalError extends Error {
  override readonly name = "StoreRefusalError";
  /** S3's own, for example "NoSuchKey"; "" when the answer had none. */
  readonly code: string;

  constructor(status: number, code: string) {
    super(`the object store answered ${status} ${code}`.trimEnd());
    this.code = code;
  }
}

/** No connection came about, or it broke. */
export class StoreConnectionError extends Error {
  override readonly name = "StoreConnectionError";
  /** The runtime's, for example "ECONNRESET". */
  readonly code: string;

  constructor(code: string) {
    super(`the connection to the object store failed ${code}`.trimEnd());
    this.code = code;
  }
}

/** The store fell silent. */
export class StoreTimeoutError extends Error {
  override readonly name = "StoreTimeoutError";
}

/** Part of the bytes that were promised arrived. */
export class BrokenBodyError extends Error {
  override readonly name = "BrokenBodyError";
}

/** Nobody has keys for the store. */
export class NoCredentialsError extends Error {
  override readonly name = "NoCredentialsError";
}

/** What stands in the way, as far as the answer tells. "busy" and "unreachable" may pass by themselves. */
export type Problem =
  | "absent"
  | "absent_upload"
  | "outside"
  | "bucket"
  | "credentials"
  | "forbidden"
  | "clock"
  | "region"
  | "certificate"
  | "full"
  | "busy"
  | "unreachable"
  | "other";

const PROBLEM_OF_CODE: ReadonlyMap<string, Problem> = new Map(
  Object.entries({
    absent: "NoSuchKey",
    absent_upload: "NoSuchUpload",
    outside: "InvalidRange",
    bucket: "NoSuchBucket InvalidBucketName",
    credentials:
      "InvalidAccessKeyId SignatureDoesNotMatch ExpiredToken InvalidToken TokenRefreshRequired InvalidSecurity XAdminUserNotFound",
    forbidden: "AccessDenied AllAccessDisabled AccountProblem MethodNotAllowed KMS.DisabledException",
    clock: "RequestTimeTooSkewed",
    region:
      "AuthorizationHeaderMalformed PermanentRedirect MovedPermanently TemporaryRedirect IllegalLocationConstraintException AuthorizationQueryParametersError",
    certificate:
      "DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT UNABLE_TO_GET_ISSUER_CERT_LOCALLY CERT_HAS_EXPIRED CERT_NOT_YET_VALID ERR_TLS_CERT_ALTNAME_INVALID",
    full: "QuotaExceeded XMinioStorageFull InsufficientStorage EntityTooLarge",
    busy: "SlowDown InternalError ServiceUnavailable RequestTimeout OperationAborted XAmzContentSHA256Mismatch BadDigest IncompleteBody TooManyRequests",
    unreachable:
      "ECONNRESET ECONNREFUSED ECONNABORTED EPIPE ETIMEDOUT ENOTFOUND EAI_AGAIN EHOSTUNREACH ENETUNREACH ConnectionRefused ConnectionClosed FailedToOpenSocket ERR_SOCKET_CLOSED ERR_STREAM_PREMATURE_CLOSE ABORT_ERR",
  } satisfies Partial<Record<Problem, string>>).flatMap(([problem, codes]) =>
    codes.split(" ").map((code) => [code, problem as Problem]),
  ),
);

/** Classifies what a request failed with. */
export function problemOf(error: unknown): Problem {
  if (error instanceof BusyStoreError) return PROBLEM_OF_CODE.get(error.code) ?? "busy";
  if (error instanceof StoreTimeoutError || error instanceof BrokenBodyError) return "unreachable";
  if (error instanceof NoCredentialsError) return "credentials";
  return PROBLEM_OF_CODE.get(codeOf(error)) ?? "other";
}

/** The code of S3 or of the operating system; "" when there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

/**
 * Whether trying again may help. An error without a code came with an answer that is none of S3's, for example of a
 * proxy in between.
 */
export function isTransient(error: unknown): boolean {
  const problem = problemOf(error);
  return problem === "busy" || problem === "unreachable" || (problem === "other" && codeOf(error) === "");
}

const ASK_ADMINISTRATOR = "its log has the cause; ask its administrator";

/** What clients are told of each; which store it is, and where, is the administrator's business. */
const MESSAGES: Readonly<Record<Exclude<Problem, "full">, string>> = {
  absent: `The server's object store lacks an object; ${ASK_ADMINISTRATOR}.`,
  absent_upload: "The server's object store forgot an upload; try again.",
  outside: `The server's object store has a shorter object; ${ASK_ADMINISTRATOR}.`,
  bucket: `The server's object store has no such bucket; ${ASK_ADMINISTRATOR}.`,
  credentials: `The server's object store refuses the server's keys; ${ASK_ADMINISTRATOR}.`,
  forbidden: `The server may not use its object store; ${ASK_ADMINISTRATOR}.`,
  clock: `The clocks of the server and its object store differ too much; ask its administrator to set them.`,
  region: `The server's object store is in another region; ${ASK_ADMINISTRATOR}.`,
  certificate: `The server does not trust its object store's certificate; ${ASK_ADMINISTRATOR}.`,
  busy: "The server's object store is overloaded; try again in a moment.",
  unreachable: "The server can't reach its object store; try again in a moment.",
  other: `The server's object store failed; ${ASK_ADMINISTRATOR}, or try again later.`,
};

/** What callers see of a failed request; what is no failure of the store stays what it is. */
export function storageError(error: unknown): unknown {
  if (error instanceof DomainError) return error;
  const problem = problemOf(error);
  if (problem === "full") {
    return new DomainError(
      "resource_exhausted",
      "STORAGE_FULL",
      "The server's object store is full; free space there, or ask its administrator, then try again.",
      { cause: error },
    );
  }
  return new DomainError("unavailable", "STORAGE_FAILED", MESSAGES[problem], { cause: error });
}
