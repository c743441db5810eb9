import type { DescMessage } from "@bufbuild/protobuf";
import type { FieldMask } from "@bufbuild/protobuf/wkt";
import { z } from "zod";
import { invalid } from "../../../domain/errors.ts";
import { decode } from "./decode.ts";
import { etag, requestId } from "./text.ts";

/** Names all fields of an update. */
const EVERYTHING = "*";

/** Fields of update calls besides the object, the new values and the mask. */
export const updateFields = { etag, requestId };

/** Fields of delete calls besides the object. */
export const deleteFields = { recursive: z.boolean(), etag, requestId };

/** A schema for each field; what takes no text takes "" for a field that is cleared. */
type Fields = Readonly<Record<string, z.ZodType>>;
type Values = Readonly<Record<string, unknown>>;

/**
 * The new values of an update: those that the mask names, or, without a mask, those that are set. A field that is named
 * but not set is cleared. `desc` is the type of the request, `fields` has a schema for each field of its `update`.
 */
export function decodeChanges<F extends Fields>(
  desc: DescMessage,
  update: { readonly [K in keyof F]?: z.input<F[K]> | undefined } | undefined,
  mask: FieldMask | undefined,
  fields: F,
): { -readonly [K in keyof F]?: z.output<F[K]> } {
  const values: Values = update ?? {};
  const chosen: [string, unknown][] = [];
  for (const key of chosenFields(desc, values, mask, Object.keys(fields)))
    chosen.push([key, values[key] ?? ""]);
  const schema = z.object({ update: z.object(fields).partial() });
  const decoded = decode(schema, { update: Object.fromEntries(chosen) } as z.input<typeof schema>, desc);
  return decoded.update as { -readonly [K in keyof F]?: z.output<F[K]> };
}

function chosenFields(
  desc: DescMessage,
  values: Values,
  mask: FieldMask | undefined,
  fields: readonly string[],
): readonly string[] {
  const paths = mask?.paths ?? [];
  if (paths.length === 0) return fields.filter((field) => values[field] !== undefined);
  if (paths.includes(EVERYTHING)) return fields;
  const update = desc.field["update"];
  const known = new Map(
    fields.map((field) => [
      (update?.fieldKind === "message" && update.message.field[field]?.name) || field,
      field,
    ]),
  );
  return [...new Set(paths)].map((path) => {
    const field = known.get(path);
    if (field === undefined) {
      throw invalid(
        "update_mask",
        `names a field that can't be changed; choose from ${[...known.keys()].join(", ")}`,
      );
    }
    return field;
  });
}
