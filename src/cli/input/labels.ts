import { fromJson, type JsonValue } from "@bufbuild/protobuf";
import { ValueSchema, type Value } from "@bufbuild/protobuf/wkt";
import { splitKeyValue, uniqueEntries, type Entry } from "./key-value.ts";

/**
 * Reads `key=value`, where the value is JSON or else text: `epochs=3`, `frozen=true`, `langs=["de","fr"]`, `team=speech`.
 * Text that reads as JSON is written in quotes: `version="3"`.
 */
export function parseLabel(input: string): Entry<JsonValue> {
  const { key, value } = splitKeyValue(input, "team=speech");
  return { key, value: jsonOrText(value) };
}

/** Labels as the API takes them. */
export function labelMap(entries: readonly Entry<JsonValue>[] = []): Record<string, Value> {
  return uniqueEntries(entries.map(({ key, value }) => ({ key, value: fromJson(ValueSchema, value) })));
}

function jsonOrText(text: string): JsonValue {
  try {
    const value = JSON.parse(text) as JsonValue;
    // A long id made of digits must not lose its last ones.
    return typeof value === "number" && !isExact(value, text) ? text : value;
  } catch {
    return text;
  }
}

function isExact(value: number, text: string): boolean {
  return Number.isFinite(value) && (!/^-?\d+$/.test(text) || Number.isSafeInteger(value));
}
