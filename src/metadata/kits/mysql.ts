import {
  bigint,
  customType,
  double,
  foreignKey,
  index,
  mysqlTable,
  primaryKey,
  uniqueIndex,
} from "drizzle-orm/mysql-core";
import { digestBytes, digestText, idBytes, idText, unlessNull } from "./encodings.ts";
import type { ColumnKit } from "./sqlite.ts";

// Tables get their collation, which compares bytes, from dialects/mysql/migrations.ts: its name differs between servers.
const text = customType<{ data: string; driverData: string; config: { maxLength: number } }>({
  dataType: (config) => `varchar(${config?.maxLength})`,
});

const longText = customType<{ data: string; driverData: string }>({ dataType: () => "longtext" });

/** An index holds 3072 bytes, and counts four for each character of a text. */
const textOfBytes = customType<{ data: string; driverData: Uint8Array; config: { maxBytes: number } }>({
  dataType: (config) => `varbinary(${config?.maxBytes})`,
  toDriver: unlessNull((value: string) => Buffer.from(value)),
  fromDriver: unlessNull((value: Uint8Array) => Buffer.from(value).toString()),
});

const id = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => "varbinary(16)",
  toDriver: unlessNull(idBytes),
  fromDriver: unlessNull(idText),
});

const digest = customType<{ data: string; driverData: Uint8Array }>({
  dataType: () => "binary(32)",
  toDriver: unlessNull(digestBytes),
  fromDriver: unlessNull(digestText),
});

const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => "longblob",
  fromDriver: unlessNull((value: Uint8Array) => new Uint8Array(value)),
});

const wholeNumber = customType<{ data: number; driverData: number | string }>({
  dataType: () => "bigint",
  fromDriver: unlessNull(Number),
});

/** The driver gives a text for what a double does not hold. */
const bigWholeNumber = customType<{ data: bigint; driverData: number | bigint | string }>({
  dataType: () => "bigint",
  fromDriver: unlessNull((value: number | bigint | string) => BigInt(value)),
});

const truth = customType<{ data: boolean; driverData: number }>({
  dataType: () => "tinyint",
  toDriver: unlessNull((value: boolean) => (value ? 1 : 0)),
  fromDriver: unlessNull((value: number) => Number(value) === 1),
});

/** MySQL and what speaks its protocol. */
export const mysqlKit = {
  table: mysqlTable,
  id: () => id(),
  text: (maxLength: number) => text({ maxLength }),
  textOfBytes: (maxBytes: number) => textOfBytes({ maxBytes }),
  longText: () => longText(),
  digest: () => digest(),
  bytes: () => bytes(),
  whole: () => wholeNumber(),
  big: () => bigWholeNumber(),
  double: () => double(),
  truth: () => truth(),
  autoId: () => bigint({ mode: "number" }).autoincrement().primaryKey(),
  index,
  uniqueIndex,
  primaryKey,
  foreignKey,
} as unknown as ColumnKit;
