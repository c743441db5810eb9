import { stringify } from "@iarna/toml";
import type { z } from "zod";
import { clientSpec } from "./client-schema.ts";
import { fieldInfo } from "./fields.ts";
import { serverSpec } from "./server-schema.ts";
import { environmentName, type FileSpec } from "./spec.ts";

/** What `server init-config` writes: every key with its default and what it means. */
export function serverConfigTemplate(): string {
  return template(serverSpec);
}

/** What `client init-config` writes; with the server's address when there is one to write. */
export function clientConfigTemplate(serverAddr?: string): string {
  return template(clientSpec, serverAddr === undefined ? {} : { server_addr: serverAddr });
}

/** Sections that only another choice would use stand there as comments, so that the file means what runs without it. */
function template(spec: FileSpec, values: Readonly<Record<string, string>> = {}): string {
  const [first = ""] = Object.keys(spec.top.shape);
  const parts = [
    comment(spec.title),
    comment("The values below are the defaults. Relative paths begin at the folder of this file."),
    comment(
      `The environment replaces values: MODELBOX_<SECTION>_<KEY>, for example ${environmentName("", first)}.`,
    ),
    ...keys(spec.top, values).flatMap((lines) => ["", ...lines]),
  ];
  for (const [name, section] of Object.entries(spec.sections)) {
    const lines = [`[${name}]`, ...keys(section.schema, {}).flat()];
    parts.push("", comment(section.comment));
    parts.push(
      ...(section.choice ? lines.map((line) => (line.startsWith("#") ? line : `# ${line}`)) : lines),
    );
  }
  return `${parts.join("\n")}\n`;
}

function keys(schema: z.ZodObject, values: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return Object.entries(schema.shape).map(([key, field]) => {
    const info = fieldInfo.get(field);
    if (!info) throw new Error(`The key ${key} has no description.`);
    const line = `${key} = ${tomlValue(values[key] ?? info.default)}`;
    return info.comment === "" ? [line] : [comment(info.comment), line];
  });
}

function tomlValue(value: string | number | boolean | readonly string[]): string {
  if (typeof value === "number") return String(value);
  if (typeof value === "object") return `[${value.map((item) => stringify.value(item)).join(", ")}]`;
  return stringify.value(value);
}

function comment(text: string): string {
  return text
    .split("\n")
    .map((line) => `# ${line}`)
    .join("\n");
}
