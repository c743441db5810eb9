import { parse } from "@iarna/toml";
import type { z } from "zod";
import { fieldInfo, type FieldInfo } from "./fields.ts";
import { environmentName, fullName, type FileSpec } from "./spec.ts";
import { suggest } from "./suggest.ts";

/** A value that somebody set, and where. */
export interface Entry {
  readonly value: unknown;
  /** For messages: a file, an environment variable or a flag. */
  readonly origin: string;
  /** Relative paths begin here. */
  readonly folder: string;
}

/** A key that can be set. */
export interface Field {
  readonly section: string;
  readonly key: string;
  readonly info: FieldInfo;
  /** The key of which this one names a file with the value. */
  readonly fileOf: string | undefined;
}

/** Everything that was set, by full name; later sources replace earlier ones. */
export type Entries = Map<string, Entry>;

const SECRET_FILE_INFO: FieldInfo = { comment: "", expected: "a path", type: "text", default: "" };

/** All keys of a file, with a `_file` key beside every secret. */
export function fieldsOf(spec: FileSpec): readonly Field[] {
  return [
    ...fieldsOfSection("", spec.top),
    ...Object.entries(spec.sections).flatMap(([section, { schema }]) => fieldsOfSection(section, schema)),
  ];
}

function fieldsOfSection(section: string, schema: z.ZodObject): readonly Field[] {
  return Object.entries(schema.shape).flatMap(([key, field]): Field[] => {
    const info = fieldInfo.get(field);
    if (!info) throw new Error(`The key ${fullName(section, key)} has no description.`);
    const plain = { section, key, info, fileOf: undefined };
    return info.type === "secret"
      ? [plain, { section, key: `${key}_file`, info: SECRET_FILE_INFO, fileOf: key }]
      : [plain];
  });
}

/** What a TOML text sets. `sections` gets the names of the sections that it has, even empty ones. */
export function readToml(options: {
  readonly text: string;
  readonly spec: FileSpec;
  readonly origin: string;
  readonly folder: string;
  readonly entries: Entries;
  readonly sections: Set<string>;
}): readonly string[] {
  const { spec, origin, folder, entries, sections } = options;
  let root: Record<string, unknown>;
  try {
    root = parse(options.text);
  } catch (error) {
    const detail =
      error instanceof Error ? (error.message.split("\n")[0] ?? "").replace(/:$/, "") : String(error);
    return [`${origin} is not valid TOML: ${detail}`];
  }
  const fields = fieldsOf(spec);
  const problems: string[] = [];
  const set = (section: string, written: string, value: unknown): void => {
    const key = written.toLowerCase();
    const field = fields.find((one) => one.section === section && one.key === key);
    const name = fullName(section, key);
    if (!field)
      problems.push(
        unknownKey(
          name,
          fields.map((one) => fullName(one.section, one.key)),
          origin,
        ),
      );
    else if (entries.has(name)) problems.push(`${name} is set twice in ${origin}; keep one.`);
    else entries.set(name, { value, origin, folder });
  };
  for (const [written, value] of Object.entries(root)) {
    const name = written.toLowerCase();
    if (!isTable(value)) {
      if (Object.hasOwn(spec.sections, name))
        problems.push(`${name} in ${origin} must be a section: write [${name}].`);
      else set("", written, value);
    } else if (Object.hasOwn(spec.sections, name)) {
      if (sections.has(name)) problems.push(`The section ${name} appears twice in ${origin}; keep one.`);
      sections.add(name);
      for (const [key, inner] of Object.entries(value)) set(name, key, inner);
    } else if (Object.hasOwn(spec.top.shape, name)) {
      problems.push(`${name} in ${origin} must be a key at the top, not a section.`);
    } else {
      problems.push(unknownKey(name, Object.keys(spec.sections), origin, "section"));
    }
  }
  return problems;
}

function unknownKey(name: string, known: readonly string[], origin: string, what = "key"): string {
  const meant = suggest(name, known) ?? known.find((one) => one.endsWith(`.${name}`));
  const hint =
    meant === undefined ? `the keys are in the template that init-config writes` : `did you mean "${meant}"?`;
  return `Unknown ${what} "${name}" in ${origin}; ${hint}`;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** What the environment sets. Returns warnings about variables that look like mistyped keys. */
export function readEnvironment(options: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly spec: FileSpec;
  readonly folder: string;
  readonly entries: Entries;
  readonly sections: Set<string>;
  /** Variables that mean something elsewhere. */
  readonly others: ReadonlySet<string>;
}): readonly string[] {
  const { env, spec, folder, entries, sections, others } = options;
  const fields = fieldsOf(spec);
  const known = new Map(fields.map((field) => [environmentName(field.section, field.key), field]));
  const warnings: string[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || !variable.startsWith("MODELBOX_")) continue;
    const field = known.get(variable);
    if (!field) {
      // Not an error: Kubernetes sets variables after the names of services.
      const meant = others.has(variable) ? undefined : suggest(variable, known.keys());
      if (meant !== undefined)
        warnings.push(`The environment variable ${variable} is not used; did you mean ${meant}?`);
      continue;
    }
    const name = fullName(field.section, field.key);
    // A secret from the environment replaces the file's, in whichever of the two forms each is.
    if (field.info.type === "secret") entries.delete(`${name}_file`);
    if (field.fileOf !== undefined && !(environmentName(field.section, field.fileOf) in env)) {
      entries.delete(fullName(field.section, field.fileOf));
    }
    entries.set(name, {
      value: fromText(value, field.info.type),
      origin: `the environment (${variable})`,
      folder,
    });
    if (field.section !== "") sections.add(field.section);
  }
  return warnings;
}

/** Text that does not fit stays text, which the schema then refuses. */
function fromText(text: string, type: FieldInfo["type"]): unknown {
  switch (type) {
    case "integer":
      return /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : text;
    case "flag":
      return { true: true, "1": true, false: false, "0": false }[text.trim().toLowerCase()] ?? text;
    case "list":
      return text.trim() === "" ? [] : text.split(",").map((item) => item.trim());
    case "text":
    case "path":
    case "secret":
      return text;
  }
}
