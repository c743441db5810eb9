import type { JsonObject } from "@bufbuild/protobuf";
import type { Value } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import type { JsonValue, Labels } from "../../../domain/entities.ts";
import {
  MAX_JSON_DEPTH,
  MAX_LABEL_KEY_LENGTH,
  MAX_LABEL_VALUE_BYTES,
  MAX_LABELS_PER_OBJECT,
} from "../../../domain/limits.ts";

const LABEL_KEY = /^[A-Za-z0-9._/-]+$/;

/** JSON of a wire value. Throws JsonProblem. */
function fromValue(value: Value, depth: number): JsonValue {
  if (depth > MAX_JSON_DEPTH)
    throw new JsonProblem(`must not be nested more than ${MAX_JSON_DEPTH} levels deep`);
  const { kind } = value;
  switch (kind.case) {
    case "nullValue":
      return null;
    case "boolValue":
      return kind.value;
    case "numberValue":
      return finite(kind.value);
    case "stringValue":
      return wellFormed(kind.value);
    case "listValue":
      return kind.value.values.map((one) => fromValue(one, depth + 1));
    case "structValue":
      return fromFields(kind.value.fields, depth + 1);
    case undefined:
      throw new JsonProblem("must have a value; use null for none");
  }
}

function fromFields(
  fields: Readonly<Record<string, Value>>,
  depth: number,
): { readonly [key: string]: JsonValue } {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [wellFormed(key), fromValue(value, depth)]),
  );
}

/** Checks JSON that the protobuf library has read; the same rules as for values. */
function checkJson(json: JsonValue, depth: number): void {
  if (depth > MAX_JSON_DEPTH)
    throw new JsonProblem(`must not be nested more than ${MAX_JSON_DEPTH} levels deep`);
  if (typeof json === "number") finite(json);
  else if (typeof json === "string") wellFormed(json);
  else if (typeof json === "object" && json !== null) {
    for (const [key, inner] of Object.entries(json)) {
      wellFormed(key);
      checkJson(inner, depth + 1);
    }
  }
}

/** JSON fields of an event. */
export function jsonObject(maxBytes: number) {
  return z
    .custom<JsonObject>()
    .optional()
    .transform((json, context): Readonly<Record<string, JsonValue>> => {
      const value = (json ?? {}) as Readonly<Record<string, JsonValue>>;
      try {
        checkJson(value, 0);
        requireSize(value, maxBytes);
        return value;
      } catch (error) {
        if (!(error instanceof JsonProblem)) throw error;
        context.addIssue({ code: "custom", message: error.message });
        return z.NEVER;
      }
    });
}

/** Labels of an object. */
export const labels = z.custom<Readonly<Record<string, Value>>>().transform((values, context): Labels => {
  const entries = Object.entries(values);
  if (entries.length > MAX_LABELS_PER_OBJECT) {
    const message = `an object carries at most ${MAX_LABELS_PER_OBJECT} labels, here are ${entries.length}`;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  }
  const decoded: [string, JsonValue][] = [];
  for (const [key, value] of entries) {
    try {
      const problem = labelKeyProblem(key);
      if (problem !== undefined) throw new JsonProblem(`the key ${problem}`);
      const json = fromValue(value, 0);
      requireSize(json, MAX_LABEL_VALUE_BYTES);
      decoded.push([key, json]);
    } catch (error) {
      if (!(error instanceof JsonProblem)) throw error;
      context.addIssue({ code: "custom", path: [shortKey(key)], message: error.message });
    }
  }
  return Object.fromEntries(decoded);
});

/** Why a text is not the key of a label, or undefined when it is one. */
export function labelKeyProblem(key: string): string | undefined {
  if (key === "") return "must not be empty";
  if (key.length > MAX_LABEL_KEY_LENGTH) {
    return `must have at most ${MAX_LABEL_KEY_LENGTH} characters, has ${key.length}`;
  }
  return LABEL_KEY.test(key) ? undefined : "may only have letters, digits, '.', '_', '-' and '/'";
}

/** A wrong key, short enough for a message. */
export function shortKey(key: string): string {
  return key.length > MAX_LABEL_KEY_LENGTH ? `${key.slice(0, MAX_LABEL_KEY_LENGTH)}…` : key;
}

class JsonProblem extends Error {
  override readonly name = "JsonProblem";
}

function requireSize(json: unknown, maxBytes: number): void {
  const bytes = Buffer.byteLength(JSON.stringify(json));
  if (bytes > maxBytes) throw new JsonProblem(`must have at most ${maxBytes} bytes of JSON, has ${bytes}`);
}

function finite(number: number): number {
  if (Number.isFinite(number)) return number;
  throw new JsonProblem("must not contain NaN or infinities, which JSON lacks; use a metric or text");
}

function wellFormed(text: string): string {
  if (text.isWellFormed()) return text;
  throw new JsonProblem("must be valid Unicode");
}
