import { isBareKey } from "./filter-lexer.ts";
import type { FilterExpression, FilterField, FilterLiteral } from "./filter.ts";

/** The text of a filter; parseFilter reads the same filter from it. */
export function printFilter(expression: FilterExpression): string {
  switch (expression.type) {
    case "and":
    case "or":
      return expression.operands
        .map((operand) => grouped(operand))
        .join(expression.type === "and" ? " AND " : " OR ");
    case "not":
      return `NOT ${grouped(expression.operand)}`;
    case "compare":
      return `${printField(expression.field)} ${expression.operator} ${printLiteral(expression.value)}`;
    case "in":
      return `${printField(expression.field)} IN (${expression.values.map(printLiteral).join(", ")})`;
    case "has":
      return `${printField(expression.field)} HAS ${printLiteral(expression.value)}`;
  }
}

function grouped(expression: FilterExpression): string {
  const text = printFilter(expression);
  return expression.type === "and" || expression.type === "or" ? `(${text})` : text;
}

function printField(field: FilterField): string {
  if (field.key === undefined) return field.name;
  return `${field.name}.${isBareKey(field.key) ? field.key : quoted(field.key)}`;
}

function printLiteral(literal: FilterLiteral): string {
  switch (literal.type) {
    case "text":
      return quoted(literal.value);
    case "null":
      return "null";
    case "number":
      return printNumber(literal.value);
    case "boolean":
      return String(literal.value);
  }
}

function printNumber(value: number): string {
  if (Object.is(value, -0)) return "-0";
  const text = String(value);
  // A large whole number is written as a double, since the digits alone would claim to be exact.
  return /^-?\d+$/.test(text) && !Number.isSafeInteger(value) ? value.toExponential() : text;
}

function quoted(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  const escaped = text.replace(/["\\\u0000-\u001f]/g, (character) =>
    character === '"' || character === "\\"
      ? `\\${character}`
      : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return `"${escaped}"`;
}
