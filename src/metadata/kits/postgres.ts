import {
  bigserial,
  customType,
  doublePrecision,
  foreignKey,
  index,
  pgTable,
  primaryKey,
  uniqueIndex,
} from "drizzle-orm/pg-core";
import { digestBytes, digestText, idBytes, idText, unlessNull } from "./encodings.ts";
import type { ColumnKit } from "./sqlite.ts";

/** Compared by its bytes, whatever the database's own collation is. */
const text = customType<{ data: string; driverData: string }>({ dataType: () => 'text COLLATE "C"' });

const id = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => "bytea",
  toDriver: unlessNull(idBytes),
  fromDriver: unlessNull(idText),
});

const digest = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => "bytea",
  toDriver: unlessNull(digestBytes),
  fromDriver: unlessNull(digestText),
});

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "bytea",
  fromDriver: unlessNull((value: Uint8Array) => new Uint8Array(value)),
});

/** The driver gives 64-bit numbers as texts. */
const wholeNumber = customType<{ data: number; driverData: number | string }>({
  dataType: () => "bigint",
  fromDriver: unlessNull(Number),
});

const bigWholeNumber = customType<{ data: bigint; driverData: bigint | string }>({
  dataType: () => "bigint",
  fromDriver: unlessNull((value: bigint | string) => BigInt(value)),
});

const truth = customType<{ data: boolean; driverData: boolean }>({ dataType: () => "boolean" });

/** PostgreSQL and what speaks its protocol. */
export const postgresKit = {
  table: pgTable,
  id: () => id(),
  text: (_maxLength: number) => text(),
  textOfBytes: (_maxBytes: number) => text(),
  longText: () => text(),
  digest: () => digest(),
  bytes: () => bytes(),
  whole: () => wholeNumber(),
  big: () => bigWholeNumber(),
  double: () => doublePrecision(),
  truth: () => truth(),
  autoId: () => bigserial({ mode: "number" }).primaryKey(),
  index,
  uniqueIndex,
  primaryKey,
  foreignKey,
} as unknown as ColumnKit;
