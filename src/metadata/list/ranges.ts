import { and, or } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column } from "drizzle-orm/sqlite-core";
import { compareValues } from "./order.ts";
import type { Place } from "./order.ts";
import { compare } from "./values.ts";

type Value = Place["value"];

interface Bound {
  readonly value: Value;
  readonly inclusive: boolean;
}

/** A stretch of an index. Bounds are kept as values: of two on one side databases take the first and not the closer. */
export interface Range {
  readonly low?: Bound;
  readonly high?: Bound;
}

/** The part of a range for which a comparison holds. */
export function narrowRange(range: Range, operator: "=" | "<" | "<=" | ">" | ">=", value: Value): Range {
  const bound = { value, inclusive: operator !== "<" && operator !== ">" };
  let { low, high } = range;
  if (operator !== "<" && operator !== "<=") low = closer(low, bound, 1);
  if (operator !== ">" && operator !== ">=") high = closer(high, bound, -1);
  return { ...(low && { low }), ...(high && { high }) };
}

/** The condition of a range, with at most one bound on either side, after one place and up to and with another. */
export function rangeCondition(
  {
    value,
    id,
    range,
    descending,
  }: {
    readonly value: Column;
    readonly id: Column;
    readonly range: Range;
    readonly descending: boolean;
  },
  after: Place | undefined,
  upTo: Place | undefined,
): SQL | undefined {
  const [begin, end] = descending ? [range.high, range.low] : [range.low, range.high];
  const [onwards, backwards] = descending ? (["<", ">"] as const) : ([">", "<"] as const);
  const place = (strict: "<" | ">", at: Place, withIt: boolean) =>
    and(
      compare(value, `${strict}=`, at.value),
      or(compare(value, strict, at.value), compare(id, withIt ? `${strict}=` : strict, at.id)),
    );
  const bound = (strict: "<" | ">", at: Bound | undefined) =>
    at && compare(value, at.inclusive ? `${strict}=` : strict, at.value);
  return and(
    after === undefined ? bound(onwards, begin) : place(onwards, after, false),
    upTo === undefined ? bound(backwards, end) : place(backwards, upTo, true),
  );
}

function closer(known: Bound | undefined, bound: Bound, side: 1 | -1): Bound {
  if (known === undefined) return bound;
  const order = compareValues(known.value, bound.value) * side;
  if (order === 0) return known.inclusive ? bound : known;
  return order > 0 ? known : bound;
}
