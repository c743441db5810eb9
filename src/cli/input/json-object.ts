import type { JsonObject } from "@bufbuild/protobuf";
import { UsageError } from "../output/usage-error.ts";

/** Reads a JSON object. */
export function parseJsonObject(text: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${text} is not JSON; write for example '{"passed": true}'`, { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new UsageError(`${text} is not a JSON object; write for example '{"passed": true}'`);
}
