import { UsageError } from "../output/usage-error.ts";

/** The fields that have a value; an error when none has, since an update of nothing is a mistake. */
export function changedFields<Fields extends Readonly<Record<string, unknown>>>(
  fields: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  if (given.length === 0) {
    const names = Object.keys(fields).map(
      (name) => `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    );
    throw new UsageError(
      `Nothing is to be changed; give ${names.length === 1 ? "" : "one of "}${names.join(", ")}`,
    );
  }
  return Object.fromEntries(given) as { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
}
