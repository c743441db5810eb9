/**
 * The filter language's syntax tree; domain/filter-parser.ts reads it from text, metadata/ makes SQL of it.
 *
 *   name = "x" AND (labels.env = "prod" OR metrics.loss < 0.1) AND created_at > "2026-01-01" AND tags HAS "production"
 */
export type ComparisonOperator = "=" | "!=" | "<" | "<=" | ">" | ">=" | "LIKE" | "ILIKE";

/** A literal. Text stays text; a field that holds times or numbers reads it as such and refuses what it can't. */
export type FilterLiteral =
  | { readonly type: "text"; readonly value: string }
  | { readonly type: "number"; readonly value: number }
  | { readonly type: "boolean"; readonly value: boolean }
  | { readonly type: "null" };

/** A field: a plain one (`name`), or a key of a map (`labels.env`, `metrics.loss`, `labels."odd key"`). */
export interface FilterField {
  readonly name: string;
  readonly key: string | undefined;
  /** Where it begins in the text, from 1, for messages. */
  readonly position: number;
}

export type FilterExpression =
  | { readonly type: "and"; readonly operands: readonly FilterExpression[] }
  | { readonly type: "or"; readonly operands: readonly FilterExpression[] }
  | { readonly type: "not"; readonly operand: FilterExpression }
  | {
      readonly type: "compare";
      readonly field: FilterField;
      readonly operator: ComparisonOperator;
      readonly value: FilterLiteral;
      readonly position: number;
    }
  | {
      readonly type: "in";
      readonly field: FilterField;
      readonly values: readonly FilterLiteral[];
      readonly position: number;
    }
  /** `tags HAS "x"`: the version carries the tag; `labels HAS "x"`, `metrics HAS "x"`: there is such a key. */
  | {
      readonly type: "has";
      readonly field: FilterField;
      readonly value: FilterLiteral;
      readonly position: number;
    };
