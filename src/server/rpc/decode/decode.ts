import type { DescField, DescMessage } from "@bufbuild/protobuf";
import type { z } from "zod";
import { invalidFields } from "../../../domain/errors.ts";

/** Violations that one answer names; a wrong list of many thousands is not worth as many messages. */
const MAX_VIOLATIONS = 20;

/**
 * Validates a message and turns it into what a use case takes. Throws DomainError "invalid_argument" that names the
 * wrong fields as the contract does, for example "files.files[3].path".
 */
export function decode<S extends z.ZodType>(schema: S, message: z.input<S>, desc: DescMessage): z.output<S> {
  const result = schema.safeParse(message);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, MAX_VIOLATIONS);
  throw invalidFields(
    issues.map((issue) => ({ field: fieldPath(issue.path, desc), description: issue.message })),
  );
}

/** A path of a message's properties, in the names of its proto file. */
function fieldPath(path: readonly PropertyKey[], desc: DescMessage): string {
  let text = "";
  let message: DescMessage | undefined = desc;
  let field: DescField | undefined;
  for (const part of path) {
    if (typeof part === "number") {
      text += `[${part}]`;
      continue;
    }
    const name = String(part);
    // Inside a map the part is a key, not a field.
    const next: DescField | undefined = field?.fieldKind === "map" ? undefined : message?.field[name];
    text += `${text === "" ? "" : "."}${next?.name ?? name}`;
    field = next;
    message = messageOf(next);
  }
  return text === "" ? "request" : text;
}

function messageOf(field: DescField | undefined): DescMessage | undefined {
  if (field?.fieldKind === "message") return field.message;
  if (field?.fieldKind === "list" && field.listKind === "message") return field.message;
  return undefined;
}
