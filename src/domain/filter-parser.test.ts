import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { DomainError } from "./errors.ts";
import { parseFilter } from "./filter-parser.ts";
import { printFilter } from "./filter-printer.ts";
import type { ComparisonOperator, FilterExpression, FilterField, FilterLiteral } from "./filter.ts";
import { MAX_FILTER_DEPTH, MAX_FILTER_LENGTH, MAX_FILTER_TERMS, MAX_FILTER_VALUES } from "./limits.ts";

describe("parseFilter", () => {
  test("reads the example of the design", () => {
    const text =
      'name = "x" AND (labels.env = "prod" OR metrics.loss < 0.1) AND created_at > "2026-01-01" AND tags HAS "production"';
    expect(parseFilter(text)).toEqual({
      type: "and",
      operands: [
        compare(field("name", 1), "=", { type: "text", value: "x" }, 6),
        {
          type: "or",
          operands: [
            compare(field("labels", 17, "env"), "=", { type: "text", value: "prod" }, 28),
            compare(field("metrics", 40, "loss"), "<", { type: "number", value: 0.1 }, 53),
          ],
        },
        compare(field("created_at", 64), ">", { type: "text", value: "2026-01-01" }, 75),
        { type: "has", field: field("tags", 94), value: { type: "text", value: "production" }, position: 99 },
      ],
    });
  });

  test("nothing is no filter", () => {
    expect(parseFilter("")).toBeUndefined();
    expect(parseFilter(" \n\t ")).toBeUndefined();
  });

  test("AND binds closer than OR, and NOT closer than both", () => {
    const text = (filter: string) => printFilter(parseFilter(filter)!);
    expect(text("a = 1 OR b = 2 AND NOT c = 3 OR d = 4")).toBe("a = 1 OR (b = 2 AND NOT c = 3) OR d = 4");
    expect(text("not (a = 1 or b = 2) and c in (1, 2)")).toBe("NOT (a = 1 OR b = 2) AND c IN (1, 2)");
    expect(text("NOT NOT a = 1")).toBe("NOT NOT a = 1");
  });

  test("keys, quoted and not", () => {
    const key = (filter: string) => (parseFilter(filter) as { field: FilterField }).field.key;
    expect(key("labels.env = 1")).toBe("env");
    expect(key("metrics.val/accuracy = 1")).toBe("val/accuracy");
    expect(key("labels.app.kubernetes.io/name = 1")).toBe("app.kubernetes.io/name");
    expect(key("labels.top-5=1")).toBe("top-5");
    expect(key("metrics.1 = 1")).toBe("1");
    expect(key("labels.and = 1")).toBe("and");
    expect(key('labels."odd key = 1" = 1')).toBe("odd key = 1");
    expect(key("labels.größe = 1")).toBe("größe");
    expect(key('labels."" = 1')).toBe("");
  });

  test("values of every type", () => {
    const value = (text: string) => (parseFilter(`x = ${text}`) as { value: FilterLiteral }).value;
    expect(value("'single \"quotes\"'")).toEqual({ type: "text", value: 'single "quotes"' });
    expect(value(String.raw`"\"\\\n\t\u00e9\ud83d\ude00"`)).toEqual({
      type: "text",
      value: '"\\\n\té\u{1f600}',
    });
    expect(value("-1.5e3")).toEqual({ type: "number", value: -1500 });
    expect(value(".5")).toEqual({ type: "number", value: 0.5 });
    expect(value("+7")).toEqual({ type: "number", value: 7 });
    expect(value("NaN")).toEqual({ type: "number", value: Number.NaN });
    expect(value("TRUE")).toEqual({ type: "boolean", value: true });
    expect(value("null")).toEqual({ type: "null" });
  });

  const mistakes: readonly (readonly [filter: string, position: number, words: string])[] = [
    ["name", 5, "expected =, !=, <, <=, >, >=, LIKE, ILIKE, IN or HAS, found the end"],
    ["name =", 7, "expected a value"],
    ["name = prod", 8, 'found "prod"'],
    ["name == 1", 7, "expected a value"],
    ['name = "x', 8, "no closing"],
    ['name = "a\\qb"', 10, "write \\\\ for a backslash"],
    ['name = "\\u12"', 9, "four hexadecimal digits"],
    ['name = "\\ud800"', 8, "not valid Unicode"],
    ["name ~ 1", 6, 'did not expect "~"'],
    ["(name = 1", 10, 'for the "(" at position 1'],
    ["name = 1)", 9, "expected AND, OR or the end"],
    ["name = 1 name = 2", 10, "expected AND, OR or the end"],
    ["name = 1 AND", 13, "expected a field"],
    ["AND name = 1", 1, "expected a field"],
    ["= 1", 1, "expected a field"],
    ["labels. = 1", 9, "expected a key"],
    ["x IN 1", 6, 'expected "(" and values after IN'],
    ["x IN ()", 7, "expected a value"],
    ["x IN (1 2)", 9, 'expected "," or ")"'],
    ["tags HAS 5", 10, "expected a text in quotes after HAS"],
    ["step = 9007199254740993", 8, "write it in quotes"],
    ["x = 1e999", 5, "beyond"],
    ["x = 12ab", 5, "is not a number"],
    ["x = 1.2.3", 5, "is not a number"],
    ["\u{1f600} = 1", 1, "\u{1f600}"],
    [`${"x".repeat(MAX_FILTER_LENGTH)} = 1`, MAX_FILTER_LENGTH + 1, `${MAX_FILTER_LENGTH} characters`],
  ];
  for (const [filter, position, words] of mistakes) {
    test(`says where the mistake is: ${filter.slice(0, 30)}`, () => {
      const error = failure(filter);
      expect(error.message).toContain(`at position ${position}:`);
      expect(error.message).toContain(words);
      expect(error.metadata["position"]).toBe(String(position));
      expect(error.violations[0]?.field).toBe("filter");
    });
  }

  test("has limits for depth, terms and values", () => {
    const nested = (depth: number) => `${"(".repeat(depth)}a = 1${")".repeat(depth)}`;
    expect(parseFilter(nested(MAX_FILTER_DEPTH))).toBeDefined();
    expect(failure(nested(MAX_FILTER_DEPTH + 1)).message).toContain(`at position ${MAX_FILTER_DEPTH + 1}:`);
    expect(failure(`${"NOT ".repeat(1000)}a = 1`).message).toContain("nested");
    const terms = (count: number) => Array.from({ length: count }, () => "a = 1").join(" OR ");
    expect(parseFilter(terms(MAX_FILTER_TERMS))).toBeDefined();
    expect(failure(terms(MAX_FILTER_TERMS + 1)).message).toContain(`${MAX_FILTER_TERMS} terms`);
    const values = (count: number) => `a IN (${Array.from({ length: count }, () => "1").join(",")})`;
    expect(parseFilter(values(MAX_FILTER_VALUES))).toBeDefined();
    expect(failure(values(MAX_FILTER_VALUES + 1)).message).toContain(`${MAX_FILTER_VALUES} values`);
  });

  test("reads what printFilter wrote", () => {
    const property = fc.property(expressions, (expression) => {
      const text = printFilter(expression);
      expect(withoutPositions(parseFilter(text))).toEqual(withoutPositions(expression));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  test("never throws anything but what names the position", () => {
    const pieces = fc.constantFrom(
      ..."name labels . = != < <= > >= ( ) , AND OR NOT IN HAS LIKE true null NaN 1 -1 1e9 \" ' \\ \\u \"x\" 'y' é 😀 \u0000".split(
        " ",
      ),
    );
    const texts = fc.oneof(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(" ")),
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join("")),
    );
    const property = fc.property(texts, (text) => {
      try {
        parseFilter(text);
      } catch (error) {
        expect(error).toBeInstanceOf(DomainError);
        const position = Number((error as DomainError).metadata["position"]);
        expect(position).toBeGreaterThanOrEqual(1);
        expect(position).toBeLessThanOrEqual(text.length + 1);
      }
    });
    fc.assert(property, { numRuns: 5000 });
  });
});

function failure(filter: string): DomainError {
  try {
    parseFilter(filter);
  } catch (error) {
    if (error instanceof DomainError && error.kind === "invalid_argument") return error;
    throw error;
  }
  throw new Error(`"${filter}" was accepted`);
}

function field(name: string, position: number, key?: string): FilterField {
  return { name, key, position };
}

function compare(
  of: FilterField,
  operator: ComparisonOperator,
  value: FilterLiteral,
  position: number,
): FilterExpression {
  return { type: "compare", field: of, operator, value, position };
}

function withoutPositions(expression: FilterExpression | undefined): unknown {
  return JSON.parse(
    JSON.stringify(expression, (name, value: unknown) => {
      if (name === "position") return undefined;
      // JSON has neither; they must not be taken for null and 0.
      if (Number.isNaN(value)) return "NaN";
      return Object.is(value, -0) ? "-0" : value;
    }),
  );
}

const literals: fc.Arbitrary<FilterLiteral> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 20 }).map((value) => ({ type: "text" as const, value })),
  fc.double({ noDefaultInfinity: true }).map((value) => ({ type: "number" as const, value })),
  fc.boolean().map((value) => ({ type: "boolean" as const, value })),
  fc.constant({ type: "null" as const }),
);
const keys = fc.oneof(
  fc.string({ unit: "binary", maxLength: 10 }),
  fc.constantFrom("env", "val/accuracy", "a.b.c", "1", "AND", "top-5"),
);
const fields = fc.oneof(
  fc.constantFrom("name", "created_at", "ünï_1").map((name) => field(name, 1)),
  fc.tuple(fc.constantFrom("labels", "metrics"), keys).map(([name, key]) => field(name, 1, key)),
);
const operators = fc.constantFrom<ComparisonOperator[]>("=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE");

const expressions = fc.letrec<{ any: FilterExpression }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.tuple(fields, operators, literals).map(([of, operator, value]) => compare(of, operator, value, 1)),
    fc
      .tuple(fields, fc.array(literals, { minLength: 1, maxLength: 5 }))
      .map(([of, values]): FilterExpression => ({ type: "in", field: of, values, position: 1 })),
    fc.tuple(fields, fc.string({ unit: "binary", maxLength: 10 })).map(([of, value]): FilterExpression => ({
      type: "has",
      field: of,
      value: { type: "text", value },
      position: 1,
    })),
    fc
      .array(tie("any"), { minLength: 2, maxLength: 3 })
      .map((operands): FilterExpression => ({ type: "and", operands })),
    fc
      .array(tie("any"), { minLength: 2, maxLength: 3 })
      .map((operands): FilterExpression => ({ type: "or", operands })),
    tie("any").map((operand): FilterExpression => ({ type: "not", operand })),
  ),
})).any;
