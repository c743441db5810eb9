import { filterError, lexFilter } from "./filter-lexer.ts";
import type { FilterToken } from "./filter-lexer.ts";
import type { ComparisonOperator, FilterExpression, FilterField, FilterLiteral } from "./filter.ts";
import { MAX_FILTER_DEPTH, MAX_FILTER_LENGTH, MAX_FILTER_TERMS, MAX_FILTER_VALUES } from "./limits.ts";

const OPERATORS: readonly ComparisonOperator[] = ["=", "!=", "<", "<=", ">", ">=", "LIKE", "ILIKE"];
const EXPECTED_OPERATOR = "expected =, !=, <, <=, >, >=, LIKE, ILIKE, IN or HAS";
const EXPECTED_VALUE = "expected a value: a text in quotes, a number, true, false or null";

/**
 * Reads a filter; undefined when it is empty. Throws DomainError "invalid_argument" (reason INVALID_FILTER) that names
 * the position, from 1, and what was expected there. Fields and types are checked where the objects are known.
 *
 *   or     = and { OR and }
 *   and    = unary { AND unary }
 *   unary  = NOT unary | "(" or ")" | term
 *   term   = field operator value | field IN "(" value { "," value } ")" | field HAS text
 *   field  = word [ "." key ]
 *
 * Words of the language may be written in any case.
 */
export function parseFilter(text: string): FilterExpression | undefined {
  if (text.length > MAX_FILTER_LENGTH) {
    throw filterError(MAX_FILTER_LENGTH + 1, `a filter has at most ${MAX_FILTER_LENGTH} characters`);
  }
  const tokens = lexFilter(text);
  return tokens.length === 1 ? undefined : new Parser(tokens).parse();
}

class Parser {
  readonly #tokens: readonly FilterToken[];
  #index = 0;
  #depth = 0;
  #terms = 0;

  constructor(tokens: readonly FilterToken[]) {
    this.#tokens = tokens;
  }

  parse(): FilterExpression {
    const expression = this.#or();
    const rest = this.#peek();
    if (rest.type !== "end")
      throw filterError(rest.position, `expected AND, OR or the end, found ${shown(rest)}`);
    return expression;
  }

  #or(): FilterExpression {
    return this.#chain("OR", "or", () => this.#chain("AND", "and", () => this.#unary()));
  }

  #chain(word: string, type: "and" | "or", next: () => FilterExpression): FilterExpression {
    const first = next();
    const operands = [first];
    while (this.#takeWord(word)) operands.push(next());
    return operands.length === 1 ? first : { type, operands };
  }

  #unary(): FilterExpression {
    const token = this.#peek();
    if (this.#takeWord("NOT")) return this.#nested(token, () => ({ type: "not", operand: this.#unary() }));
    if (!this.#takeSymbol("(")) return this.#term();
    return this.#nested(token, () => {
      const inner = this.#or();
      if (!this.#takeSymbol(")")) {
        throw filterError(
          this.#peek().position,
          `expected AND, OR or ")" for the "(" at position ${token.position}`,
        );
      }
      return inner;
    });
  }

  #nested(token: FilterToken, parse: () => FilterExpression): FilterExpression {
    this.#depth += 1;
    if (this.#depth > MAX_FILTER_DEPTH) {
      throw filterError(token.position, `parentheses and NOT may be nested ${MAX_FILTER_DEPTH} deep`);
    }
    const expression = parse();
    this.#depth -= 1;
    return expression;
  }

  #term(): FilterExpression {
    const field = this.#field();
    this.#terms += 1;
    if (this.#terms > MAX_FILTER_TERMS) {
      throw filterError(field.position, `a filter has at most ${MAX_FILTER_TERMS} terms`);
    }
    const token = this.#peek();
    const { position } = token;
    if (this.#takeWord("IN")) return { type: "in", field, values: this.#values(), position };
    if (this.#takeWord("HAS")) return { type: "has", field, value: this.#hasValue(), position };
    const operator = operatorOf(token);
    if (operator === undefined) throw filterError(position, `${EXPECTED_OPERATOR}, found ${shown(token)}`);
    this.#index += 1;
    return { type: "compare", field, operator, value: this.#value(), position };
  }

  #field(): FilterField {
    const token = this.#peek();
    if (token.type !== "word" || isKeyword(token.text)) {
      throw filterError(token.position, `expected a field such as name or labels.env, found ${shown(token)}`);
    }
    this.#index += 1;
    if (!this.#takeSymbol(".")) return { name: token.text, key: undefined, position: token.position };
    const key = this.#peek();
    if (key.type !== "word" && key.type !== "text") {
      throw filterError(key.position, `expected a key after "${token.text}.", found ${shown(key)}`);
    }
    this.#index += 1;
    return { name: token.text, key: key.type === "word" ? key.text : key.value, position: token.position };
  }

  #values(): readonly FilterLiteral[] {
    if (!this.#takeSymbol("(")) {
      throw filterError(
        this.#peek().position,
        `expected "(" and values after IN, found ${shown(this.#peek())}`,
      );
    }
    const values: FilterLiteral[] = [];
    do {
      if (values.length >= MAX_FILTER_VALUES) {
        throw filterError(this.#peek().position, `IN takes at most ${MAX_FILTER_VALUES} values`);
      }
      values.push(this.#value());
    } while (this.#takeSymbol(","));
    if (!this.#takeSymbol(")")) {
      throw filterError(this.#peek().position, `expected "," or ")", found ${shown(this.#peek())}`);
    }
    return values;
  }

  #hasValue(): FilterLiteral {
    const token = this.#peek();
    if (token.type !== "text")
      throw filterError(token.position, `expected a text in quotes after HAS, found ${shown(token)}`);
    this.#index += 1;
    return { type: "text", value: token.value };
  }

  #value(): FilterLiteral {
    const token = this.#peek();
    this.#index += 1;
    if (token.type === "text") return { type: "text", value: token.value };
    if (token.type === "number") return { type: "number", value: token.value };
    const literal = token.type === "word" ? wordLiteral(token.text) : undefined;
    if (literal === undefined) throw filterError(token.position, `${EXPECTED_VALUE}, found ${shown(token)}`);
    return literal;
  }

  #peek(): FilterToken {
    // The end is never taken, so there always is a token.
    return this.#tokens[Math.min(this.#index, this.#tokens.length - 1)] ?? { type: "end", position: 1 };
  }

  #takeWord(word: string): boolean {
    const token = this.#peek();
    if (token.type !== "word" || token.text.toUpperCase() !== word) return false;
    this.#index += 1;
    return true;
  }

  #takeSymbol(symbol: string): boolean {
    const token = this.#peek();
    if (token.type !== "symbol" || token.text !== symbol) return false;
    this.#index += 1;
    return true;
  }
}

const KEYWORDS = new Set(["AND", "OR", "NOT", "IN", "HAS", "LIKE", "ILIKE", "TRUE", "FALSE", "NULL", "NAN"]);

function isKeyword(word: string): boolean {
  return KEYWORDS.has(word.toUpperCase());
}

function operatorOf(token: FilterToken): ComparisonOperator | undefined {
  if (token.type !== "symbol" && token.type !== "word") return undefined;
  const text = token.text.toUpperCase();
  return OPERATORS.find((operator) => operator === text);
}

function wordLiteral(word: string): FilterLiteral | undefined {
  switch (word.toUpperCase()) {
    case "TRUE":
      return { type: "boolean", value: true };
    case "FALSE":
      return { type: "boolean", value: false };
    case "NULL":
      return { type: "null" };
    case "NAN":
      return { type: "number", value: Number.NaN };
    default:
      return undefined;
  }
}

function shown(token: FilterToken): string {
  switch (token.type) {
    case "end":
      return "the end";
    case "text":
      return "a text";
    case "number":
      return `the number ${token.value}`;
    case "word":
    case "symbol":
      return `"${token.text}"`;
  }
}
