/** What a field costs besides its text. */
const FIELD_BYTES = 8;

/** About how many bytes plain data takes in a message; for limits, not for accounts. */
export function roughBytes(value: unknown): number {
  if (typeof value === "string") return FIELD_BYTES + value.length;
  if (value instanceof Uint8Array) return FIELD_BYTES + value.byteLength;
  if (typeof value !== "object" || value === null) return FIELD_BYTES;
  let bytes = FIELD_BYTES;
  for (const [key, inner] of Object.entries(value)) bytes += key.length + roughBytes(inner);
  return bytes;
}
