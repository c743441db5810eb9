import { encodePlain } from "../domain/plain-json.ts";

/** SHA-256 (hex) over plain data; the order of an object's keys and `undefined` fields make no difference. */
export function fingerprintOf(value: unknown): string {
  return new Bun.CryptoHasher("sha256").update(canonicalText(value)).digest("hex");
}

/** One text for all plain data that is equal. */
export function canonicalText(value: unknown): string {
  return encodePlain(sorted(value));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  const given = value as Readonly<Record<string, unknown>>;
  // Without a prototype, whatever a key is called.
  const result = Object.create(null) as Record<string, unknown>;
  for (const key of Object.keys(given).toSorted()) {
    const inner = given[key];
    if (inner !== undefined) result[key] = sorted(inner);
  }
  return result;
}
