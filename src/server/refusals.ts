import { DomainError } from "../domain/errors.ts";

/** Errors of requests that reach no method and no route. */
export function unknownMethod(name: string): DomainError {
  return new DomainError("unimplemented", "UNKNOWN_METHOD", `There is no method ${name}.`);
}

export function methodNotAllowed(message: string): DomainError {
  return new DomainError("invalid_argument", "METHOD_NOT_ALLOWED", message);
}

export function unsupportedType(message: string): DomainError {
  return new DomainError("invalid_argument", "UNSUPPORTED_CONTENT_TYPE", message);
}
