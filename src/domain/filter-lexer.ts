import { DomainError } from "./errors.ts";

/** A piece of a filter's text. */
export type FilterToken =
  | { readonly type: "word"; readonly text: string; readonly position: number }
  | { readonly type: "text"; readonly value: string; readonly position: number }
  | { readonly type: "number"; readonly value: number; readonly position: number }
  | { readonly type: "symbol"; readonly text: FilterSymbol; readonly position: number }
  | { readonly type: "end"; readonly position: number };

type FilterSymbol = "(" | ")" | "," | "." | "=" | "!=" | "<" | "<=" | ">" | ">=";

const WORD = /[\p{L}_][\p{L}\p{N}_/:@-]*/uy;
const NUMBER = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const SPACE = /\s+/y;
const SYMBOL = /!=|<=|>=|[(),.=<>]/y;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "\\": "\\",
  n: "\n",
  r: "\r",
  t: "\t",
};

/** What is wrong with a filter, and where. Positions begin at 1. */
export function filterError(position: number, problem: string): DomainError {
  const description = `at position ${position}: ${problem}`;
  return new DomainError("invalid_argument", "INVALID_FILTER", `filter: ${description}`, {
    metadata: { position: String(position) },
    violations: [{ field: "filter", description }],
  });
}

/** Cuts a filter into tokens; the last one is the end. */
export function lexFilter(text: string): readonly FilterToken[] {
  const tokens: FilterToken[] = [];
  let index = 0;
  while (index < text.length) {
    const space = matchAt(SPACE, text, index);
    if (space !== undefined) {
      index += space.length;
      continue;
    }
    const [token, length] = tokenAt(text, index, tokens.at(-1));
    tokens.push(token);
    index += length;
  }
  tokens.push({ type: "end", position: text.length + 1 });
  return tokens;
}

function tokenAt(
  text: string,
  index: number,
  previous: FilterToken | undefined,
): readonly [FilterToken, number] {
  const position = index + 1;
  const character = text.charAt(index);
  if (character === '"' || character === "'") {
    const [value, length] = quotedAt(text, index);
    return [{ type: "text", value, position }, length];
  }
  // A dot after a field begins its key, which may look like a number: `metrics.1`.
  if (character === "." && previous?.type === "word") return [{ type: "symbol", text: ".", position }, 1];
  const number = isDot(previous) ? undefined : matchAt(NUMBER, text, index);
  if (number !== undefined) return [numberToken(number, position, text), number.length];
  const word = isDot(previous) ? matchAt(KEY, text, index) : matchAt(WORD, text, index);
  if (word !== undefined) return [{ type: "word", text: word, position }, word.length];
  const symbol = matchAt(SYMBOL, text, index);
  if (symbol !== undefined)
    return [{ type: "symbol", text: symbol as FilterSymbol, position }, symbol.length];
  throw filterError(
    position,
    `did not expect ${JSON.stringify(String.fromCodePoint(text.codePointAt(index) ?? 0))}`,
  );
}

/** A key that needs no quotes; dots are part of it. */
const KEY = /[\p{L}\p{N}_/:@-]+(?:\.[\p{L}\p{N}_/:@-]+)*/uy;

/** True when a key can stand without quotes. */
export function isBareKey(key: string): boolean {
  return matchAt(KEY, key, 0) === key;
}

function numberToken(literal: string, position: number, text: string): FilterToken {
  const next = text.charAt(position - 1 + literal.length);
  if (/[\p{L}\p{N}_.]/u.test(next))
    throw filterError(position, `"${literal}${next}…" is not a number; quote a text`);
  const value = Number(literal);
  if (!Number.isFinite(value)) throw filterError(position, `${literal} is beyond what a double holds`);
  if (/^[+-]?\d+$/.test(literal) && !Number.isSafeInteger(value)) {
    throw filterError(position, `${literal} is too large to be exact; write it in quotes`);
  }
  return { type: "number", value, position };
}

function quotedAt(text: string, begin: number): readonly [string, number] {
  const quote = text.charAt(begin);
  let value = "";
  for (let index = begin + 1; index < text.length; index += 1) {
    const character = text.charAt(index);
    if (character === quote) {
      if (!value.isWellFormed()) throw filterError(begin + 1, "the text is not valid Unicode");
      return [value, index + 1 - begin];
    }
    if (character !== "\\") {
      value += character;
      continue;
    }
    const [escaped, length] = escapeAt(text, index);
    value += escaped;
    index += length - 1;
  }
  throw filterError(begin + 1, `the text that begins here has no closing ${quote}`);
}

function escapeAt(text: string, index: number): readonly [string, number] {
  const letter = text.charAt(index + 1);
  if (letter === "u") {
    const digits = text.slice(index + 2, index + 6);
    if (!/^[0-9a-fA-F]{4}$/.test(digits))
      throw filterError(index + 1, "expected four hexadecimal digits after \\u");
    return [String.fromCharCode(Number.parseInt(digits, 16)), 6];
  }
  const escaped = ESCAPES[letter];
  if (escaped === undefined) {
    throw filterError(
      index + 1,
      "expected \\\", \\', \\\\, \\n, \\r, \\t or \\u and four digits; write \\\\ for a backslash",
    );
  }
  return [escaped, 2];
}

function isDot(token: FilterToken | undefined): boolean {
  return token?.type === "symbol" && token.text === ".";
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}
