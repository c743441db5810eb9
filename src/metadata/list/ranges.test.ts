import { describe, expect, test } from "bun:test";
import { Connection } from "../dialects/sqlite/connection.ts";
import { versions } from "../dialects/sqlite/schema.ts";
import { narrowRange, rangeCondition } from "./ranges.ts";
import type { Range } from "./ranges.ts";

describe("ranges of an index", () => {
  test("keep the closer bound on either side", () => {
    const both = narrowRange(narrowRange({}, ">", 5), "<=", 9);
    expect(both).toEqual({ low: { value: 5, inclusive: false }, high: { value: 9, inclusive: true } });
    expect(narrowRange(both, ">=", 5)).toEqual(both);
    expect(narrowRange(both, ">=", 6).low).toEqual({ value: 6, inclusive: true });
    expect(narrowRange(both, ">", 3)).toEqual(both);
    expect(narrowRange(both, "<", 9).high).toEqual({ value: 9, inclusive: false });
    expect(narrowRange(both, "=", 7)).toEqual({
      low: { value: 7, inclusive: true },
      high: { value: 7, inclusive: true },
    });
    expect(narrowRange({}, "=", 2n ** 60n).low?.value).toBe(2n ** 60n);
  });

  test("become one bound a side, a place taking the place of a bound", () => {
    const range = narrowRange(narrowRange({}, ">=", 1), "<", 9);
    const at = (value: number) => ({ last: false, value, id: "x" });
    const column = '"versions"."created_at"';
    const id = '"versions"."id"';
    expect(conditionOf(range, true)).toBe(`(${column} < ? and ${column} >= ?)`);
    expect(conditionOf(range, true, at(7))).toBe(
      `((${column} <= ? and (${column} < ? or ${id} < ?)) and ${column} >= ?)`,
    );
    expect(conditionOf(range, false, at(3), at(4))).toBe(
      `((${column} >= ? and (${column} > ? or ${id} > ?)) and (${column} <= ? and (${column} < ? or ${id} <= ?)))`,
    );
    expect(conditionOf({}, true)).toBe("");
  });
});

function conditionOf(
  range: Range,
  descending: boolean,
  ...places: Parameters<typeof rangeCondition>[1][]
): string {
  using connection = new Connection({ path: ":memory:", pragmas: [] });
  const walk = { value: versions.createdAt, id: versions.id, range, descending };
  const query = connection.builder
    .select()
    .from(versions)
    .where(rangeCondition(walk, places[0], places[1]));
  return query.toSQL().sql.split(" where ")[1] ?? "";
}
