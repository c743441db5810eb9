import { existsSync, readFileSync, statSync } from "node:fs";
import os from "node:os";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { z } from "zod";
import { clientProblems, clientSpec, type ClientConfig } from "./client-schema.ts";
import { ConfigError } from "./config-error.ts";
import { fieldsOf, readEnvironment, readToml, type Entries, type Entry } from "./entries.ts";
import { fieldInfo } from "./fields.ts";
import { serverProblems, serverSpec, type ServerConfig } from "./server-schema.ts";
import { camel, environmentName, fullName, type FileSpec } from "./spec.ts";

/** Used by `server start` when no other is named and it lies in the working folder. */
export const SERVER_CONFIG_NAME = "modelbox.toml";

const MAX_FILE_BYTES = 1024 * 1024;
const OTHERS_MAY_READ = 0o004;

export interface LoadOptions {
  /** The file; it must exist. Undefined: the default one when there is one, else only environment and defaults. */
  readonly path?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** From the command line, by key (`server_addr`): they win over environment and file. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
}

export interface LoadedConfig<C> {
  readonly config: C;
  /** Absolute path of the file that was read; undefined when none was. */
  readonly file: string | undefined;
  /** Sentences for the log, for example about an environment variable that looks like a mistyped key. */
  readonly warnings: readonly string[];
}

/** Reads `path`, or `./modelbox.toml` when it is there; throws ConfigError. */
export function loadServerConfig(options: LoadOptions): LoadedConfig<ServerConfig> {
  const fallback = resolve(options.cwd, SERVER_CONFIG_NAME);
  const loaded = load(serverSpec, options, fallback, clientSpec);
  const config = loaded.config as ServerConfig;
  const problems = serverProblems(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...loaded, config };
}

/** Reads `path`, or the file at clientConfigPath when it is there; throws ConfigError. */
export function loadClientConfig(options: LoadOptions): LoadedConfig<ClientConfig> {
  const loaded = load(clientSpec, options, clientConfigPath(options.env), serverSpec);
  const config = loaded.config as ClientConfig;
  const problems = clientProblems(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return { ...loaded, config };
}

/**
 * `$XDG_CONFIG_HOME/modelbox/client.toml`, by default in `~/.config`. Not the working folder: a checkout of somebody
 * else's code must not say which server gets this user's data.
 */
export function clientConfigPath(env: LoadOptions["env"]): string {
  const configHome = env["XDG_CONFIG_HOME"];
  const home =
    configHome && isAbsolute(configHome) ? configHome : join(env["HOME"] || os.homedir(), ".config");
  return join(home, "modelbox", "client.toml");
}

function load(
  spec: FileSpec,
  options: LoadOptions,
  fallback: string,
  other: FileSpec,
): LoadedConfig<unknown> {
  const named = options.path === undefined ? undefined : resolve(options.cwd, options.path);
  const file = named ?? (existsSync(fallback) ? fallback : undefined);
  const entries: Entries = new Map();
  const sections = new Set<string>();
  const folder = file === undefined ? options.cwd : dirname(file);
  const problems: string[] = [];
  if (file !== undefined) {
    problems.push(...readToml({ text: readText(file), spec, origin: file, folder, entries, sections }));
  }
  const exposed = file !== undefined && holdsSecret(spec, entries) && othersMayRead(file);
  const unused = readEnvironment({
    env: options.env,
    spec,
    folder: options.cwd,
    entries,
    sections,
    others: new Set(fieldsOf(other).map((field) => environmentName(field.section, field.key))),
  });
  for (const [key, value] of Object.entries(options.flags ?? {})) {
    if (value === undefined) continue;
    entries.set(key, { value, origin: `--${key.replaceAll("_", "-")}`, folder: options.cwd });
  }
  const warnings = exposed ? [...unused, exposedSecret(file)] : unused;
  problems.push(...readSecretFiles(spec, entries));
  const top = parseSection("", spec.top, entries, folder, problems);
  const config: Record<string, unknown> = { ...top };
  for (const [section, { schema, choice }] of Object.entries(spec.sections)) {
    const chosen = choice && top[camel(choice.key)] === choice.value;
    if (choice === undefined || sections.has(section)) {
      config[camel(section)] = parseSection(section, schema, entries, folder, problems);
    } else if (chosen) {
      const where = entries.get(choice.key)?.origin ?? "the defaults";
      problems.push(`${choice.key} = "${choice.value}" (${where}) needs a section [${section}]; add it.`);
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { config, file, warnings };
}

function readText(file: string): string {
  try {
    const facts = statSync(file);
    if (facts.isDirectory())
      throw new ConfigError([`${file} is a folder; name the configuration file in it.`]);
    if (facts.size > MAX_FILE_BYTES) throw new ConfigError([`${file} is too large for a configuration.`]);
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new ConfigError([`There is no file ${file}; \`init-config\` writes one.`], { cause: error });
    }
    throw new ConfigError(
      [`${file} can't be read: ${error instanceof Error ? error.message : String(error)}`],
      {
        cause: error,
      },
    );
  }
}

function holdsSecret(spec: FileSpec, entries: Entries): boolean {
  return fieldsOf(spec).some(({ section, key, info }) => {
    const value = entries.get(fullName(section, key))?.value;
    return info.type === "secret" && value !== undefined && value !== "";
  });
}

/** Windows keeps rights elsewhere, and gives every file the same mode. */
function othersMayRead(file: string): boolean {
  return process.platform !== "win32" && (statSync(file).mode & OTHERS_MAY_READ) !== 0;
}

function exposedSecret(file: string): string {
  return `${file} holds a secret, and every user of this machine may read it; run \`chmod 600 ${file}\`.`;
}

/** Replaces each `<key>_file` by `<key>` with the file's text, less a line end. */
function readSecretFiles(spec: FileSpec, entries: Entries): readonly string[] {
  const problems: string[] = [];
  for (const field of fieldsOf(spec)) {
    if (field.fileOf === undefined) continue;
    const name = fullName(field.section, field.key);
    const target = fullName(field.section, field.fileOf);
    const entry = entries.get(name);
    if (entry === undefined) continue;
    entries.delete(name);
    if (typeof entry.value !== "string") {
      problems.push(`${name} in ${entry.origin}: expected a path.`);
    } else if (entries.has(target)) {
      problems.push(`Both ${target} and ${name} are set; keep one.`);
    } else {
      try {
        const text = readText(resolve(entry.folder, entry.value)).replace(/\r?\n$/, "");
        entries.set(target, { ...entry, value: text });
      } catch (error) {
        problems.push(
          `${name} in ${entry.origin}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }
  }
  return problems;
}

/** Checked values by camelCase name; adds what is wrong to `problems`. */
function parseSection(
  section: string,
  schema: z.ZodObject,
  entries: Entries,
  folder: string,
  problems: string[],
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(schema.shape)) {
    const name = fullName(section, key);
    const entry = entries.get(name);
    const result = (field as z.ZodType).safeParse(entry?.value);
    const info = fieldInfo.get(field);
    if (!result.success)
      problems.push(wrongValue(name, entry, info?.expected ?? "another value", info?.type === "secret"));
    else if (info?.type === "path" && typeof result.data === "string" && result.data !== "")
      values[camel(key)] = resolve(entry?.folder ?? folder, result.data);
    else values[camel(key)] = result.data;
  }
  return values;
}

function wrongValue(name: string, entry: Entry | undefined, expected: string, isSecret: boolean): string {
  const value = entry?.value;
  const shown = isSecret
    ? `something else`
    : shorten(typeof value === "bigint" ? String(value) : JSON.stringify(value));
  // An address may carry a password.
  const safe = shown.replaceAll(/\/\/[^/@\s"]*@/g, "//…@");
  return `${name} in ${entry?.origin ?? "the defaults"}: expected ${expected}, got ${safe}.`;
}

function shorten(text: string): string {
  const limit = 100;
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}
