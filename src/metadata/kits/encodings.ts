/** How values look in a database, whichever it is. */

/** Prepared statements hand null to the encoder too. */
export function unlessNull<In, Out>(convert: (value: In) => Out): (value: In) => Out {
  return (value) => (value === null ? (null as Out) : convert(value));
}

/** Marks an id that is no UUID; no UTF-8 text has this byte. */
const NO_UUID = 0xff;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Ids are in most indexes, and 16 bytes instead of 36 made a database of a million labelled versions a third smaller.
 * Any other text (callers ask for what is no id, and namespaces have the parent "") has a form of its own.
 */
export function idBytes(id: string): Uint8Array {
  const known = recentIds.get(id);
  if (known !== undefined) return known;
  const bytes = bytesOfId(id);
  if (recentIds.size >= MAX_RECENT_IDS) recentIds.clear();
  recentIds.set(id, bytes);
  return bytes;
}

/** Many rows that are written together have the same lease, namespace or pack. Nobody changes the bytes. */
const recentIds = new Map<string, Uint8Array>();
const MAX_RECENT_IDS = 64;

function bytesOfId(id: string): Uint8Array {
  if (UUID.test(id)) return Buffer.from(id.replaceAll("-", ""), "hex");
  if (id === "") return new Uint8Array();
  const text = Buffer.from(id);
  const end = text.length === 15 ? [NO_UUID] : [];
  return Buffer.from([NO_UUID, ...text, ...end]);
}

export function idText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length !== 16) return Buffer.from(buffer.filter((byte) => byte !== NO_UUID)).toString();
  const hex = buffer.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The 32 bytes of a hexadecimal SHA-256. */
export function digestBytes(hex: string): Uint8Array {
  return Buffer.from(hex, "hex");
}

/** The hexadecimal form of a digest. */
export function digestText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
