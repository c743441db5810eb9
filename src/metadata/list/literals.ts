import { filterError } from "../../domain/filter-lexer.ts";
import type { FilterLiteral } from "../../domain/filter.ts";

const MIN_BIG = -(2n ** 63n);
const MAX_BIG = 2n ** 63n - 1n;
const ISO_TIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|z|[+-]\d{2}:?\d{2})?)?$/;

/** The text of a literal, for a field that holds text. */
export function textLiteral(literal: FilterLiteral, field: string, position: number): string {
  if (literal.type !== "text") throw filterError(position, `${field} is a text; write the value in quotes`);
  return literal.value;
}

/** The whole number of a literal; a text of digits serves for those that a double does not hold. */
export function wholeLiteral(literal: FilterLiteral, field: string, position: number): bigint {
  const text =
    literal.type === "number" ? String(literal.value) : literal.type === "text" ? literal.value.trim() : "";
  if (!/^[+-]?\d+$/.test(text))
    throw filterError(position, `${field} is a whole number; compare it with one`);
  const value = BigInt(text.replace("+", ""));
  if (value < MIN_BIG || value > MAX_BIG)
    throw filterError(position, `${field} is a 64-bit number; ${text} is not`);
  return value;
}

/** Microseconds since 1970 of an ISO 8601 text; without an offset it is UTC. */
export function timeLiteral(literal: FilterLiteral, field: string, position: number): number {
  const micros = literal.type === "text" ? parseTime(literal.value) : undefined;
  if (micros === undefined) {
    const example = '"2026-01-31" or "2026-01-31T08:30:00Z"';
    throw filterError(position, `${field} is a time; compare it with an ISO 8601 text such as ${example}`);
  }
  return micros;
}

/** Microseconds since 1970 of an ISO 8601 text, or undefined when it is not one. */
export function parseTime(text: string): number | undefined {
  const match = ISO_TIME.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour = "00", minute = "00", second = "00", fraction = "", offset = "Z"] = match;
  const zone = offset.length === 5 ? `${offset.slice(0, 3)}:${offset.slice(3)}` : offset.toUpperCase();
  const date = `${year}-${month}-${day}`;
  const seconds = Date.parse(`${date}T${hour}:${minute}:${second}${zone}`);
  // Date.parse takes the 31st of February for a day in March.
  const midnight = Date.parse(`${date}T00:00:00Z`);
  if (Number.isNaN(seconds) || Number.isNaN(midnight)) return undefined;
  if (new Date(midnight).toISOString().slice(0, 10) !== date) return undefined;
  return seconds * 1000 + Number(fraction.padEnd(6, "0").slice(0, 6));
}
