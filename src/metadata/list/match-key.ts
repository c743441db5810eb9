import type { JsonValue, MetricValue } from "../../domain/entities.ts";

/** Characters of a match key. */
export const MATCH_KEY_LENGTH = 64;
/** Characters of a text that are in its match key. */
export const MATCHED_TEXT_LENGTH = MATCH_KEY_LENGTH - 1;

/**
 * A match key is a short text that sorts as the value does, so that one index serves equality, ranges and order for
 * values of every type on every database: a letter for the type, then the value in a form that sorts bytewise. Longer
 * texts share the key of their beginning: compare the values too.
 */
export const MATCH_NUMBER = "n";
export const MATCH_TEXT = "t";
const MATCH_BOOLEAN = "b";
const MATCH_NULL = "z";
const MATCH_JSON = "j";
const MATCH_NAN = "x";
const MATCH_BYTES = "y";

const scratch = new DataView(new ArrayBuffer(8));

/** Key of a number. NaN has a key of its own outside the order; -0 has that of 0. */
export function numberKey(value: number): string {
  if (Number.isNaN(value)) return MATCH_NAN;
  scratch.setFloat64(0, value === 0 ? 0 : value);
  const bits = scratch.getBigUint64(0);
  // Positive doubles sort as their bits do; negative ones the other way round, and before them.
  const sortable = bits >> 63n === 0n ? bits | (1n << 63n) : bits ^ 0xffff_ffff_ffff_ffffn;
  return MATCH_NUMBER + sortable.toString(16).padStart(16, "0");
}

/** Key of a text: its beginning. */
export function textKey(value: string): string {
  const end =
    value.length > MATCHED_TEXT_LENGTH && isHighSurrogate(value.charCodeAt(MATCHED_TEXT_LENGTH - 1)) ? 1 : 0;
  return MATCH_TEXT + value.slice(0, MATCHED_TEXT_LENGTH - end);
}

/** True when the key of a text holds the whole text. */
export function keyHoldsText(value: string): boolean {
  // One less: a text of exactly this length could be the beginning of a longer one.
  return value.length < MATCHED_TEXT_LENGTH - 1;
}

/** Key of a truth value. */
export function booleanKey(value: boolean): string {
  return `${MATCH_BOOLEAN}${value ? 1 : 0}`;
}

/** Key of JSON null. */
export function nullKey(): string {
  return MATCH_NULL;
}

/** Key of a label's value. */
export function labelKey(value: JsonValue): string {
  if (value === null) return nullKey();
  if (typeof value === "string") return textKey(value);
  if (typeof value === "number") return numberKey(value);
  if (typeof value === "boolean") return booleanKey(value);
  return MATCH_JSON;
}

/** Key of a metric's value. */
export function metricKey(value: MetricValue): string {
  if (typeof value === "number") return numberKey(value);
  if (typeof value === "string") return textKey(value);
  return MATCH_BYTES;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
