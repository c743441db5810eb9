import type { JsonValue, MetricValue } from "../../domain/entities.ts";
import type { FilterExpression, FilterLiteral } from "../../domain/filter.ts";

/** What the oracle knows of a row. Plain values: texts, whole numbers; undefined when absent. */
export interface OracleRow {
  readonly plain: Readonly<Record<string, string | bigint | undefined>>;
  readonly labels: Readonly<Record<string, JsonValue>>;
  readonly metrics: Readonly<Record<string, MetricValue>>;
  readonly tags: readonly string[];
}

/** Says, by the words of docs/query-catalogue.md and with no index at all, whether a row matches. */
export function oracle(expression: FilterExpression, row: OracleRow): boolean {
  switch (expression.type) {
    case "and":
      return expression.operands.every((operand) => oracle(operand, row));
    case "or":
      return expression.operands.some((operand) => oracle(operand, row));
    case "not":
      return !oracle(expression.operand, row);
    case "has": {
      const value = String((expression.value as { value: string }).value);
      if (expression.field.name === "tags") return row.tags.includes(value);
      return Object.hasOwn(expression.field.name === "labels" ? row.labels : row.metrics, value);
    }
    case "in":
      return expression.values.some((value) => holds(valueOf(expression.field, row), "=", value));
    case "compare": {
      const value = valueOf(expression.field, row);
      if (expression.operator === "!=") return value !== undefined && !holds(value, "=", expression.value);
      return holds(value, expression.operator, expression.value);
    }
  }
}

type Value = JsonValue | MetricValue | bigint | undefined;

function valueOf(field: { readonly name: string; readonly key: string | undefined }, row: OracleRow): Value {
  if (field.key === undefined) return row.plain[field.name];
  const map: Readonly<Record<string, Value>> = field.name === "labels" ? row.labels : row.metrics;
  return Object.hasOwn(map, field.key) ? map[field.key] : undefined;
}

function holds(value: Value, operator: string, literal: FilterLiteral): boolean {
  if (value === undefined) return false;
  if (literal.type === "null") return value === null;
  if (typeof value === "bigint") return ordered(value, operator, BigInt(literal.value));
  if (operator === "LIKE" || operator === "ILIKE") {
    if (typeof value !== "string" || literal.type !== "text") return false;
    return like(literal.value, operator === "ILIKE").test(value);
  }
  if (literal.type === "text") {
    return (
      typeof value === "string" &&
      ordered(Buffer.compare(Buffer.from(value), Buffer.from(literal.value)), operator, 0)
    );
  }
  if (literal.type === "boolean") return value === literal.value;
  if (typeof value !== "number") return false;
  // NaN equals itself here, so that it can be asked for.
  if (Number.isNaN(value) || Number.isNaN(literal.value))
    return operator === "=" && Object.is(value, literal.value);
  return ordered(value, operator, literal.value);
}

function ordered<T extends number | bigint>(a: T, operator: string, b: T): boolean {
  switch (operator) {
    case "=":
      return a === b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      throw new Error(`unknown operator ${operator}`);
  }
}

function like(pattern: string, ignoreCase: boolean): RegExp {
  let source = "";
  const characters = Array.from(pattern);
  for (let index = 0; index < characters.length; index += 1) {
    let character = characters[index] ?? "";
    if (character === "%") source += ".*";
    else if (character === "_") source += ".";
    else {
      if (character === "\\" && index + 1 < characters.length) character = characters[(index += 1)] ?? "";
      source += character.replace(/[$()*+.?[\\\]^{|}]/, "\\$&");
    }
  }
  return new RegExp(`^${source}$`, ignoreCase ? "sui" : "su");
}
