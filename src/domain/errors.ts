/** What went wrong, as every layer above and below names it. The wire codes are in server/error-map.ts. */
export type ErrorKind =
  | "not_found"
  | "already_exists"
  | "invalid_argument"
  | "failed_precondition"
  | "conflict"
  | "permission_denied"
  | "unauthenticated"
  | "resource_exhausted"
  | "unavailable"
  | "data_loss"
  | "unimplemented";

/** One field of a request that is wrong, and what would be right. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** What a DomainError can carry besides its message. */
export interface DomainErrorOptions extends ErrorOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly FieldViolation[];
}

/**
 * An error that is the caller's to understand. The message is one sentence that says what to do; `reason` is a constant
 * for programs; `cause` is logged and never sent.
 */
export class DomainError extends Error {
  override readonly name = "DomainError";
  readonly kind: ErrorKind;
  readonly reason: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly violations: readonly FieldViolation[];

  constructor(kind: ErrorKind, reason: string, message: string, options: DomainErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.reason = reason;
    this.metadata = options.metadata ?? {};
    this.violations = options.violations ?? [];
  }
}

/** No object has this id or path. `subject` is for example "experiment". */
export function notFound(subject: string, name: string): DomainError {
  return new DomainError("not_found", "NOT_FOUND", `There is no ${subject} "${name}".`, {
    metadata: { kind: subject, name },
  });
}

/** What they were made of never changes. */
const IMMUTABLE: ReadonlySet<string> = new Set(["artifact", "checkpoint", "version"]);

/** The name is taken by an object with other fields. */
export function alreadyExists(subject: string, name: string, difference?: string): DomainError {
  const detail = difference === undefined ? "" : ` with ${difference}`;
  const remedy = IMMUTABLE.has(subject)
    ? "choose another name"
    : "choose another name, or update the one that is there";
  return new DomainError(
    "already_exists",
    "ALREADY_EXISTS",
    `The ${subject} "${name}" exists already${detail}; ${remedy}.`,
    { metadata: { kind: subject, name } },
  );
}

/** One field is wrong. */
export function invalid(field: string, description: string): DomainError {
  return new DomainError("invalid_argument", "INVALID_ARGUMENT", `${field}: ${description}`, {
    violations: [{ field, description }],
  });
}

/** Several fields are wrong. */
export function invalidFields(violations: readonly FieldViolation[]): DomainError {
  const message = violations.map((one) => `${one.field}: ${one.description}`).join("; ");
  return new DomainError("invalid_argument", "INVALID_ARGUMENT", message, { violations });
}

/** The system is not in the state that the call needs. */
export function failedPrecondition(
  reason: string,
  message: string,
  metadata: Record<string, string> = {},
): DomainError {
  return new DomainError("failed_precondition", reason, message, { metadata });
}

/** Somebody else changed the object first. */
export function conflict(
  reason: string,
  message: string,
  metadata: Record<string, string> = {},
): DomainError {
  return new DomainError("conflict", reason, message, { metadata });
}
