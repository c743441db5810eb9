/**
 * JSON that keeps what JSON lacks: 64-bit whole numbers, bytes, NaN and the infinities. Used where plain data of the
 * domain (states of changes, remembered responses) is stored as text.
 */
const TAG = "$modelbox";

/** Text of plain data. `undefined` fields are left out. */
export function encodePlain(value: unknown): string {
  return JSON.stringify(mark(value));
}

/** Plain data of a text that encodePlain made. */
export function decodePlain(text: string): unknown {
  return unmark(JSON.parse(text));
}

function mark(value: unknown): unknown {
  if (typeof value === "bigint") return { [TAG]: "bigint", value: value.toString() };
  if (typeof value === "number" && !Number.isFinite(value)) return { [TAG]: "number", value: String(value) };
  if (value instanceof Uint8Array) return { [TAG]: "bytes", value: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(mark);
  if (typeof value === "object" && value !== null) {
    // Without a prototype, whatever a key is called; pairs of keys and values would take twice the time.
    const copy = Object.create(null) as Record<string, unknown>;
    const given = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(given)) copy[key] = mark(given[key]);
    return TAG in value ? { [TAG]: "object", value: copy } : copy;
  }
  return value;
}

function unmark(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(unmark);
  if (typeof value !== "object" || value === null) return value;
  const tagged = value as Record<string, unknown>;
  switch (tagged[TAG]) {
    case "bigint":
      return BigInt(String(tagged["value"]));
    case "number":
      return Number(tagged["value"]);
    case "bytes":
      return new Uint8Array(Buffer.from(String(tagged["value"]), "base64"));
    case "object":
      return unmarkFields(tagged["value"] as Record<string, unknown>);
    default:
      return unmarkFields(tagged);
  }
}

function unmarkFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, inner]) => [key, unmark(inner)]));
}
