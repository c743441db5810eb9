import type { MetricValue } from "../../domain/entities.ts";

/** The columns that hold a value. */
export interface StoredMetricValue {
  readonly valueType: string;
  readonly numberValue: number | null;
  readonly textValue: string | null;
  readonly bytesValue: Uint8Array | null;
}

/** Doubles that a database can't keep as such: libsql refuses the first three, and SQLite forgets the sign of zero. */
const SPECIAL_NUMBERS = new Map<string, number>([
  ["nan", Number.NaN],
  ["+infinity", Number.POSITIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
  ["-zero", -0],
]);

/** Columns of a value. */
export function storeValue(value: MetricValue): StoredMetricValue {
  const nothing = { numberValue: null, textValue: null, bytesValue: null };
  if (typeof value === "string") return { ...nothing, valueType: "text", textValue: value };
  if (value instanceof Uint8Array) return { ...nothing, valueType: "bytes", bytesValue: value };
  const special = [...SPECIAL_NUMBERS].find(([, number]) => Object.is(number, value));
  if (special !== undefined) return { ...nothing, valueType: special[0] };
  return { ...nothing, valueType: "number", numberValue: value };
}

/** The value of columns. */
export function loadValue(stored: StoredMetricValue): MetricValue {
  if (stored.valueType === "text") return stored.textValue ?? "";
  if (stored.valueType === "bytes") return stored.bytesValue ?? new Uint8Array();
  return SPECIAL_NUMBERS.get(stored.valueType) ?? stored.numberValue ?? Number.NaN;
}
