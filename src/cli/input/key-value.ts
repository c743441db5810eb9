import { UsageError } from "../output/usage-error.ts";

/** A key and what belongs to it. */
export interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
}

/** Splits `key=value`; `example` is shown when it has no `=` or no key. */
export function splitKeyValue(input: string, example: string): Entry<string> {
  const equals = input.indexOf("=");
  if (equals < 1)
    throw new UsageError(`"${input}" is not of the form key=value; write for example ${example}`);
  return { key: input.slice(0, equals), value: input.slice(equals + 1) };
}

/** Makes a map of pairs; a key that comes twice is an error, since one of the values would be lost. */
export function uniqueEntries<Value>(entries: Iterable<Entry<Value>>): Record<string, Value> {
  const found = new Map<string, Value>();
  for (const { key, value } of entries) {
    if (found.has(key)) throw new UsageError(`${key} is given twice; give it once`);
    found.set(key, value);
  }
  return Object.fromEntries(found);
}
