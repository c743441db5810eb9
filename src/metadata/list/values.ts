import { and, eq, gte, inArray, lt, or, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column } from "drizzle-orm/sqlite-core";
import { filterError } from "../../domain/filter-lexer.ts";
import type { ComparisonOperator, FilterLiteral } from "../../domain/filter.ts";
import type { Dialect } from "../dialects/dialect.ts";
import {
  MATCH_NUMBER,
  MATCH_TEXT,
  booleanKey,
  keyHoldsText,
  nullKey,
  numberKey,
  textKey,
} from "./match-key.ts";

/** The columns of a label or of a metric's latest value. */
export interface ValueColumns {
  readonly matchKey: Column;
  /** The text, when the match key says that it is one. */
  readonly text: Column;
  /** How a message names it. */
  readonly subject: "label" | "metric";
}

/** A condition on a value, and one on the match key alone that an index serves. */
export interface ValueCondition {
  readonly exact: SQL;
  /** Undefined when no index helps. Holds for every value for which `exact` does. */
  readonly byIndex: SQL | undefined;
  /** True when `byIndex` is as strict as `exact`. */
  readonly indexIsExact: boolean;
  /** The match key, when `byIndex` allows no other. */
  readonly key: string | undefined;
}

/** `value operator literal`. For `!=` the condition of `=`: whoever asks negates it, since no index serves it. */
export function valueCondition(
  columns: ValueColumns,
  operator: ComparisonOperator,
  literal: FilterLiteral,
  position: number,
  dialect: Dialect,
): ValueCondition {
  switch (literal.type) {
    case "text":
      return textCondition(columns, operator, literal.value, dialect);
    case "number":
      return numberCondition(columns, operator, literal.value, position);
    case "boolean":
    case "null":
      if (columns.subject === "metric") {
        throw filterError(position, "a metric is compared with a number or a text");
      }
      if (operator !== "=" && operator !== "!=") {
        throw filterError(
          position,
          `${literal.type === "null" ? "null" : "true and false"} can only be compared by = and !=`,
        );
      }
      return keyEquals(columns, literal.type === "null" ? nullKey() : booleanKey(literal.value));
  }
}

/** `value IN (…)`. */
export function valueInCondition(
  { matchKey }: ValueColumns,
  conditions: readonly ValueCondition[],
): ValueCondition {
  const keys = conditions.map((condition) => condition.key).filter((key) => key !== undefined);
  const indexIsExact = conditions.every((condition) => condition.indexIsExact);
  // Not OR, for which PostgreSQL reads every value of the key.
  const byIndex = inArray(matchKey, [...new Set(keys)]);
  return {
    exact: indexIsExact ? byIndex : anyOf(conditions.map((condition) => condition.exact)),
    byIndex,
    indexIsExact,
    key: conditions.length === 1 ? keys[0] : undefined,
  };
}

function anyOf(conditions: readonly SQL[]): SQL {
  return or(...conditions) ?? sql`1 = 0`;
}

function keyEquals(columns: ValueColumns, key: string): ValueCondition {
  const exact = eq(columns.matchKey, key);
  return { exact, byIndex: exact, indexIsExact: true, key };
}

function textCondition(
  { matchKey, text }: ValueColumns,
  operator: ComparisonOperator,
  value: string,
  dialect: Dialect,
): ValueCondition {
  const isText = and(gte(matchKey, MATCH_TEXT), lt(matchKey, following(MATCH_TEXT))) as SQL;
  const key = textKey(value);
  const both = (condition: SQL) => and(isText, condition) as SQL;
  switch (operator) {
    case "=":
    case "!=": {
      const byKey = eq(matchKey, key);
      const holds = keyHoldsText(value);
      return {
        exact: holds ? byKey : (and(byKey, eq(text, value)) as SQL),
        byIndex: byKey,
        indexIsExact: holds,
        key,
      };
    }
    // A key is the beginning of its text: as far as it reaches it sorts as the text does, so the bounds include it.
    case "<":
    case "<=":
      return ranged(
        both(compare(text, operator, value)),
        and(gte(matchKey, MATCH_TEXT), sql`${matchKey} <= ${key}`),
      );
    case ">":
    case ">=":
      return ranged(
        both(compare(text, operator, value)),
        and(gte(matchKey, key), lt(matchKey, following(MATCH_TEXT))),
      );
    case "LIKE":
      return { exact: both(dialect.like(text, value)), byIndex: isText, indexIsExact: false, key: undefined };
    case "ILIKE":
      return {
        exact: both(dialect.ilike(text, value)),
        byIndex: isText,
        indexIsExact: false,
        key: undefined,
      };
  }
}

function numberCondition(
  { matchKey }: ValueColumns,
  operator: ComparisonOperator,
  value: number,
  position: number,
): ValueCondition {
  const key = numberKey(value);
  if (operator === "=" || operator === "!=") {
    const exact = eq(matchKey, key);
    return { exact, byIndex: exact, indexIsExact: true, key };
  }
  if (operator === "LIKE" || operator === "ILIKE")
    throw filterError(position, `${operator} takes a text in quotes`);
  if (Number.isNaN(value)) throw filterError(position, "NaN can only be compared by = and !=");
  const range =
    operator === "<" || operator === "<="
      ? and(gte(matchKey, MATCH_NUMBER), compare(matchKey, operator, key))
      : and(compare(matchKey, operator, key), lt(matchKey, following(MATCH_NUMBER)));
  return { exact: range as SQL, byIndex: range, indexIsExact: true, key: undefined };
}

function ranged(exact: SQL, byIndex: SQL | undefined): ValueCondition {
  return { exact, byIndex, indexIsExact: false, key: undefined };
}

/** `column operator value`, for the operators that databases share. */
export function compare(column: Column, operator: "=" | "<" | "<=" | ">" | ">=", value: unknown): SQL {
  return sql`${column} ${sql.raw(operator)} ${sql.param(value, column)}`;
}

/** The first text that does not begin with this letter. */
export function following(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1);
}
