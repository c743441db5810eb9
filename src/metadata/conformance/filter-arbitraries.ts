import fc from "fast-check";
import type { FilterExpression, FilterField, FilterLiteral } from "../../domain/filter.ts";

/** Texts that rows have and filters ask for. */
export const TEXTS = [
  "",
  "prod",
  "Prod",
  "pro",
  "dev",
  "é",
  "\u{1f600}",
  "\u{fffd}",
  "%",
  "_",
  "*",
  "x".repeat(63),
  `${"x".repeat(63)}y`,
];
/** Numbers that rows have and filters ask for. */
export const NUMBERS = [0, -0, 1, -1, 0.5, 1e300, -1e300, 421];

const literals = fc.oneof(
  fc.constantFrom(...TEXTS).map((value): FilterLiteral => ({ type: "text", value })),
  fc.constantFrom(...NUMBERS, Number.NaN).map((value): FilterLiteral => ({ type: "number", value })),
  fc.boolean().map((value): FilterLiteral => ({ type: "boolean", value })),
  fc.constant<FilterLiteral>({ type: "null" }),
);
const texts = fc
  .constantFrom(...TEXTS, "3-%", "0-30", "pytorch", "p%", "%o%", "\\%", "_")
  .map((value): FilterLiteral => ({ type: "text", value }));
const at = (name: string, key?: string): FilterField => ({ name, key, position: 1 });
const mapField = fc.oneof(
  fc.constantFrom("env", "seed", "odd key", "none").map((key) => at("labels", key)),
  fc.constantFrom("loss", "acc", "none").map((key) => at("metrics", key)),
);
const plainField = fc.constantFrom("version", "name", "framework").map((name) => at(name));
const operators = fc.constantFrom("=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE" as const);

/** Leaves out what is refused: LIKE of a number, `<` of a truth value, and so on. */
function fits(field: FilterField, operator: string, value: FilterLiteral): boolean {
  if (operator === "LIKE" || operator === "ILIKE") return value.type === "text";
  if (field.name === "metrics" && (value.type === "boolean" || value.type === "null")) return false;
  const ranged = operator !== "=" && operator !== "!=";
  return !(
    ranged &&
    (value.type === "boolean" || value.type === "null" || Number.isNaN("value" in value ? value.value : 0))
  );
}

const terms: fc.Arbitrary<FilterExpression> = fc.oneof(
  fc
    .record({ field: mapField, operator: operators, value: literals })
    .filter(({ field, operator, value }) => fits(field, operator, value))
    .map((term): FilterExpression => ({ type: "compare", ...term, position: 1 })),
  fc
    .record({ field: plainField, operator: operators, value: texts })
    .map((term): FilterExpression => ({ type: "compare", ...term, position: 1 })),
  fc
    .record({ field: mapField, values: fc.array(literals, { minLength: 1, maxLength: 4 }) })
    .filter(({ field, values }) => values.every((value) => fits(field, "=", value)))
    .map((term): FilterExpression => ({ type: "in", ...term, position: 1 })),
  fc
    .record({ field: plainField, values: fc.array(texts, { minLength: 1, maxLength: 4 }) })
    .map((term): FilterExpression => ({ type: "in", ...term, position: 1 })),
  fc
    .constantFrom(["tags", "tag-30"], ["labels", "env"], ["metrics", "loss"], ["labels", "none"])
    .map(([name = "", value = ""]): FilterExpression => ({
      type: "has",
      field: at(name),
      value: { type: "text", value },
      position: 1,
    })),
);

/** Filters that the store takes, over the fields, labels and metrics of the rows. */
export const filters: fc.Arbitrary<FilterExpression> = fc.letrec<{ any: FilterExpression }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    terms,
    fc
      .array(tie("any"), { minLength: 1, maxLength: 3 })
      .map((operands): FilterExpression => ({ type: "and", operands })),
    fc
      .array(tie("any"), { minLength: 1, maxLength: 3 })
      .map((operands): FilterExpression => ({ type: "or", operands })),
    tie("any").map((operand): FilterExpression => ({ type: "not", operand })),
  ),
})).any;
