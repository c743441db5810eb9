/**
 * What a column is, per dialect. `tables(kit)` builds the one schema from a kit; the SQLite kit gives the types, so a
 * kit of another dialect is made to fit it. Lengths are for the dialects that need them to index a text.
 */
import {
  customType,
  foreignKey,
  index,
  primaryKey,
  real,
  sqliteTable,
  text,
  uniqueIndex,
} from "drizzle-orm/sqlite-core";

/** Prepared statements hand null to the encoder too. */
function unlessNull<In, Out>(convert: (value: In) => Out): (value: In) => Out {
  return (value) => (value === null ? (null as Out) : convert(value));
}

/** Marks an id that is no UUID; no UTF-8 text has this byte. */
const NO_UUID = 0xff;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Ids are in most indexes, and 16 bytes instead of 36 made a database of a million labelled versions a third smaller.
 * Any other text (callers ask for what is no id, and namespaces have the parent "") has a form of its own.
 */
function idBytes(id: string): Uint8Array {
  if (UUID.test(id)) return Buffer.from(id.replaceAll("-", ""), "hex");
  if (id === "") return new Uint8Array();
  const text = Buffer.from(id);
  const end = text.length === 15 ? [NO_UUID] : [];
  return Buffer.from([NO_UUID, ...text, ...end]);
}

function idText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length !== 16) return Buffer.from(buffer.filter((byte) => byte !== NO_UUID)).toString();
  const hex = buffer.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const id = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => "blob",
  toDriver: unlessNull(idBytes),
  fromDriver: unlessNull(idText),
});

const digest = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => "blob",
  toDriver: unlessNull((hex: string) => Buffer.from(hex, "hex")),
  fromDriver: unlessNull((bytes: Uint8Array) => Buffer.from(bytes).toString("hex")),
});

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "blob",
  fromDriver: unlessNull((value: Uint8Array) => new Uint8Array(value)),
});

const wholeNumber = customType<{ data: number; driverData: number | bigint }>({
  dataType: () => "integer",
  fromDriver: unlessNull(Number),
});

const bigWholeNumber = customType<{ data: bigint; driverData: number | bigint }>({
  dataType: () => "integer",
  fromDriver: unlessNull((value: number | bigint) => BigInt(value)),
});

const autoId = customType<{ data: number; driverData: number | bigint; default: true; notNull: true }>({
  dataType: () => "integer",
  fromDriver: unlessNull(Number),
});

const truth = customType<{ data: boolean; driverData: number | bigint }>({
  dataType: () => "integer",
  toDriver: unlessNull((value: boolean) => (value ? 1 : 0)),
  fromDriver: unlessNull((value: number | bigint) => Number(value) === 1),
});

export const sqliteKit = {
  table: sqliteTable,
  /** A UUID, sorted as its text is. */
  id: () => id(),
  /** Text of at most this many characters, compared by its bytes. */
  text: (_maxLength: number) => text(),
  /** Text that is never part of an index. */
  longText: () => text(),
  /** A SHA-256, hexadecimal outside, 32 bytes inside. */
  digest: () => digest(),
  bytes: () => bytes(),
  /** A whole number that a double holds exactly: sizes, times in microseconds, counters. */
  whole: () => wholeNumber(),
  /** Any 64-bit whole number. */
  big: () => bigWholeNumber(),
  /** A finite double. */
  double: () => real(),
  truth: () => truth(),
  /** A primary key that the database numbers. */
  autoId: () => autoId().primaryKey(),
  index,
  uniqueIndex,
  primaryKey,
  foreignKey,
};

export type ColumnKit = typeof sqliteKit;
