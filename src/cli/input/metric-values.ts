import type { MessageInitShape } from "@bufbuild/protobuf";
import type { MetricValueSchema } from "../../gen/modelbox/v1/common_pb.ts";
import { UsageError } from "../output/usage-error.ts";
import { splitKeyValue, type Entry } from "./key-value.ts";

/** A metric's value as the API takes it. */
export type MetricValueInit = MessageInitShape<typeof MetricValueSchema>;

const NUMBER_PATTERN = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
const SPECIAL_NUMBERS: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["+inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["+infinity", Number.POSITIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
]);

/** Reads `loss=0.31`, `loss=nan`, or text in double quotes: `note="diverged"`. */
export function parseMetric(input: string): Entry<MetricValueInit> {
  const { key, value: text } = splitKeyValue(input, "loss=0.31");
  const number = parseNumber(text);
  if (number !== undefined) return { key, value: { value: { case: "number", value: number } } };
  const quoted = parseQuoted(text);
  if (quoted !== undefined) return { key, value: { value: { case: "text", value: quoted } } };
  throw new UsageError(
    `${key}=${text} is not a number; write for example ${key}=0.31, or text as '${key}="some text"'`,
  );
}

/** A number as programs print it, `nan` and `inf` in any case included; undefined when it is none. */
export function parseNumber(text: string): number | undefined {
  return NUMBER_PATTERN.test(text) ? storable(Number(text), text) : SPECIAL_NUMBERS.get(text.toLowerCase());
}

/** The number that digits were read as; an infinity that nobody wrote is refused. */
export function storable(number: number, text: string): number {
  if (Number.isFinite(number)) return number;
  throw new UsageError(`${text} is too large for a number of 64 bits; write ${number} if that is meant`);
}

function parseQuoted(text: string): string | undefined {
  if (!text.startsWith('"')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "string" ? value : undefined;
  } catch {
    return undefined;
  }
}
