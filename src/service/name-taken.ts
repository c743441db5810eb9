import { DomainError } from "../domain/errors.ts";

/** The error for a rename to a name that another object has. */
export function nameTaken(kind: string, path: string): DomainError {
  return new DomainError(
    "already_exists",
    "NAME_TAKEN",
    `There is another ${kind} "${path}"; choose another name, or rename or delete that one first.`,
    { metadata: { kind, name: path } },
  );
}
