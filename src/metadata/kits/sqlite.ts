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
import { digestBytes, digestText, idBytes, idText, unlessNull } from "./encodings.ts";

const id = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => "blob",
  toDriver: unlessNull(idBytes),
  fromDriver: unlessNull(idText),
});

const digest = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => "blob",
  toDriver: unlessNull(digestBytes),
  fromDriver: unlessNull(digestText),
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
  /** As text, for what is limited by its bytes and never searched by a pattern. */
  textOfBytes: (_maxBytes: number) => text(),
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
