import { alreadyExists, type DomainError } from "../domain/errors.ts";
import { canonicalText } from "./fingerprint.ts";

const list = new Intl.ListFormat("en-GB");

/**
 * The error for a create whose name is taken by an object with other fields. Says which of the wanted fields differ
 * from what the object has now; it may also have been created with other fields and changed since.
 */
export function clash(subject: string, path: string, has: object, wanted: object): DomainError {
  const current = has as Readonly<Record<string, unknown>>;
  const different = Object.entries(wanted)
    .filter(([key, value]) => key in current && canonicalText(current[key]) !== canonicalText(value))
    .map(([key]) => key.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));
  return alreadyExists(subject, path, describe(different));
}

function describe(fields: readonly string[]): string {
  const [first] = fields;
  if (first === undefined) return "other fields";
  const article = first.endsWith("s") ? "" : "a ";
  return `${article}different ${list.format(fields)}`;
}
