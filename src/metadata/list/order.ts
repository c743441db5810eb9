import { asc, desc } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column } from "drizzle-orm/sqlite-core";
import { invalid } from "../../domain/errors.ts";
import type { ListCursor, ListQuery } from "../../domain/metadata-store.ts";
import { compareBytes } from "./compare-bytes.ts";
import type { FieldSpec, ListSpec } from "./spec.ts";

/** Where a row stands in the order of a list. */
export interface Place {
  /** True for rows without the metric that a list is ordered by: they come after all others. */
  readonly last: boolean;
  readonly value: string | number | bigint;
  readonly id: string;
}

/** What a list is ordered by: a field, or the latest value of a metric. */
export type Order =
  | { readonly type: "field"; readonly field: FieldSpec; readonly descending: boolean }
  | { readonly type: "metric"; readonly key: string; readonly descending: boolean };

const METRIC_PREFIX = "metrics.";

/** Reads `order_by`; throws DomainError "invalid_argument" for what lists are not ordered by. */
export function orderOf(query: ListQuery, spec: ListSpec<unknown>): Order {
  const { field: name, descending } = query.orderBy;
  if (spec.metrics && name.startsWith(METRIC_PREFIX) && name.length > METRIC_PREFIX.length) {
    return { type: "metric", key: name.slice(METRIC_PREFIX.length), descending };
  }
  const field = Object.hasOwn(spec.fields, name) ? spec.fields[name] : undefined;
  if (field?.orderable === true) return { type: "field", field, descending };
  const orderable = Object.entries(spec.fields).filter(([, one]) => one.orderable === true);
  const names = [...orderable.map(([one]) => one), ...(spec.metrics ? ["metrics.<key>"] : [])].join(", ");
  throw invalid(
    "order_by",
    `${spec.subject} are ordered by ${names}, optionally followed by " desc"; not by "${name}"`,
  );
}

/** Sorts places as the list does. */
export function comparePlaces(a: Place, b: Place, descending: boolean): number {
  if (a.last !== b.last) return a.last ? 1 : -1;
  const order = compareValues(a.value, b.value) || compareBytes(a.id, b.id);
  return descending ? -order : order;
}

/** Compares two values of one order. */
export function compareValues(a: Place["value"], b: Place["value"]): number {
  if (typeof a === "string" && typeof b === "string") return compareBytes(a, b);
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The cursor of a place. The value of a metric stays the key that it is sorted by, since JSON knows no infinity; rows
 * without the metric are sorted by creation and have a number there.
 */
export function cursorOf(place: Place): ListCursor {
  const { value, id } = place;
  return { value: typeof value === "bigint" ? value.toString() : value, id };
}

/** The place of a cursor; throws DomainError "invalid_argument" for one that this order did not make. */
export function placeOf(cursor: ListCursor, order: Order): Place {
  const { value, id } = cursor;
  if (order.type === "metric") {
    if (typeof value === "string") return { last: false, value, id };
    if (typeof value === "number") return { last: true, value, id };
    throw badCursor();
  }
  if (order.field.type === "big" && typeof value === "string" && /^-?\d+$/.test(value)) {
    return { last: false, value: BigInt(value), id };
  }
  const wanted = order.field.type === "text" ? "string" : "number";
  if (order.field.type !== "big" && typeof value === wanted && value !== null)
    return { last: false, value, id };
  throw badCursor();
}

function badCursor(): Error {
  return invalid("page_token", "is not one of this list and order; begin again without it");
}

/** ORDER BY of a value and an id. Where values are unique the id is left out: MySQL would sort all rows by it. */
export function orderBy(value: Column, id: Column, descending: boolean, unique: boolean): SQL[] {
  const order = descending ? desc : asc;
  return unique ? [order(value)] : [order(value), order(id)];
}
