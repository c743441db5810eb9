import { z } from "zod";
import {
  parseCheckpointReference,
  parseChildReference,
  parseNamespaceReference,
  parseObjectReference,
  parseParentReference,
  parseVersionReference,
  type Parsed,
} from "../../../service/references/parse.ts";

/** Longer than any path can be: four names and their separators. */
const MAX_REFERENCE_LENGTH = 1_024;

/** A text that a function turns into a reference. */
export function parsedBy<T>(parse: (text: string) => Parsed<T>) {
  return z.string().transform((text, context): T => {
    const parsed: Parsed<T> =
      text.length > MAX_REFERENCE_LENGTH
        ? { problem: `must have at most ${MAX_REFERENCE_LENGTH} characters, has ${text.length}` }
        : text === ""
          ? { problem: "must not be empty" }
          : parse(text);
    if ("value" in parsed) return parsed.value;
    context.addIssue({ code: "custom", message: parsed.problem });
    return z.NEVER;
  });
}

/** As the schema, and "" is undefined. */
export function optional<T>(schema: z.ZodType<T, string>) {
  return z.string().transform((text, context): T | undefined => {
    if (text === "") return undefined;
    const result = schema.safeParse(text);
    if (result.success) return result.data;
    for (const { message } of result.error.issues) context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

export const namespace = parsedBy(parseNamespaceReference);
export const experiment = parsedBy((text) => parseChildReference(text, "namespace/experiment"));
export const experimentOrAll = parsedBy((text) => parseParentReference(text, "namespace/experiment"));
export const checkpoint = parsedBy(parseCheckpointReference);
export const model = parsedBy((text) => parseChildReference(text, "namespace/model"));
export const modelOrAll = parsedBy((text) => parseParentReference(text, "namespace/model"));
export const version = parsedBy(parseVersionReference);
export const object = parsedBy(parseObjectReference);
