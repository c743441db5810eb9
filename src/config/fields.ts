import { z } from "zod";
import { Secret } from "./secret.ts";

/** What the loader, the template and error messages know about a key, besides its schema. */
export interface FieldInfo {
  /** Lines for the template. */
  readonly comment: string;
  /** Completes "expected …". */
  readonly expected: string;
  /** How text from the environment becomes a value. */
  readonly type: "text" | "integer" | "flag" | "list" | "path" | "secret";
  /** As it stands in the file. */
  readonly default: string | number | boolean | readonly string[];
}

/** A host and port to listen on; port 0 lets the system choose. */
export interface Address {
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
}

export const fieldInfo = z.registry<FieldInfo>();

const MAX_TEXT_LENGTH = 4096;

export function text(comment: string, fallback: string, expected = "text") {
  return described(z.string().max(MAX_TEXT_LENGTH), { comment, expected, type: "text", default: fallback });
}

/** Relative ones are resolved by the loader, which knows where they were written. */
export function path(comment: string, fallback: string) {
  const schema = z.string().min(1).max(MAX_TEXT_LENGTH);
  return described(schema, { comment, expected: "a path", type: "path", default: fallback });
}

/** As path; "" is undefined: there is no such file. */
export function fileOrNone(comment: string) {
  const schema = z
    .string()
    .max(MAX_TEXT_LENGTH)
    .transform((value) => (value === "" ? undefined : value));
  return described(schema, { comment, expected: 'a path, or ""', type: "path", default: "" });
}

/** As path; "" is no path. */
export function optionalPath(comment: string) {
  return described(z.string().max(MAX_TEXT_LENGTH), {
    comment,
    expected: 'a path, or "" for none',
    type: "path",
    default: "",
  });
}

/** Text of a form that `expected` describes. */
export function textLike(comment: string, fallback: string, pattern: RegExp, expected: string) {
  const schema = z.string().max(MAX_TEXT_LENGTH).regex(pattern);
  return described(schema, { comment, expected, type: "text", default: fallback });
}

/** Scheme, host and port of an http or https URL, and no path; `https://` is added when there is no scheme. */
export function origin(comment: string, fallback: string) {
  const schema = z.string().max(MAX_TEXT_LENGTH).transform(parseOrigin);
  const expected = `an address without a path, for example "${fallback}"`;
  return described(schema, { comment, expected, type: "text", default: fallback });
}

export function secret(comment: string) {
  const schema = z
    .string()
    .max(MAX_TEXT_LENGTH)
    .transform((value) => new Secret(value));
  return described(schema, { comment, expected: "text", type: "secret", default: "" });
}

export function flag(comment: string, fallback: boolean) {
  return described(z.boolean(), { comment, expected: "true or false", type: "flag", default: fallback });
}

export function integer(comment: string, fallback: number, min: number, max: number) {
  const expected = `a whole number from ${min} to ${max}`;
  return described(z.int().min(min).max(max), { comment, expected, type: "integer", default: fallback });
}

export function choice<const V extends readonly [string, ...string[]]>(
  comment: string,
  fallback: V[number],
  values: V,
) {
  return described(z.enum(values), { comment, expected: oneOf(values), type: "text", default: fallback });
}

/** One or more of the values, each once. */
export function choices<const V extends readonly [string, ...string[]]>(
  comment: string,
  fallback: readonly V[number][],
  values: V,
) {
  const schema = z
    .array(z.enum(values))
    .min(1)
    .refine((list) => new Set(list).size === list.length);
  const expected = `a list of ${oneOf(values)}, each at most once`;
  return described(schema, { comment, expected, type: "list", default: fallback });
}

export function listenAddress(comment: string, fallback: string) {
  const schema = z.string().transform(parseAddress);
  const expected = 'a host and port, for example "127.0.0.1:8085" or "[::1]:8085"';
  return described(schema, { comment, expected, type: "text", default: fallback });
}

/** "" is undefined: nobody listens. */
export function optionalListenAddress(comment: string, fallback: string) {
  const schema = z
    .string()
    .transform((value, context) => (value === "" ? undefined : parseAddress(value, context)));
  const expected = 'a host and port, for example "127.0.0.1:8086", or "" to turn it off';
  return described(schema, { comment, expected, type: "text", default: fallback });
}

/** An http or https URL without credentials, query or fragment; `http://` is added when there is no scheme. */
export function baseUrl(comment: string, fallback: string) {
  const schema = z.string().max(MAX_TEXT_LENGTH).transform(parseBaseUrl);
  const expected = 'an address, for example "http://127.0.0.1:8085"';
  return described(schema, { comment, expected, type: "text", default: fallback });
}

/** As baseUrl; "" is none. */
export function optionalBaseUrl(comment: string) {
  const schema = z
    .string()
    .max(MAX_TEXT_LENGTH)
    .transform((value, context) => (value === "" ? value : parseBaseUrl(value, context)));
  const expected = 'an address, for example "https://models.example.com", or "" for none';
  return described(schema, { comment, expected, type: "text", default: "" });
}

export function baseUrls(comment: string) {
  const schema = z.array(z.string().max(MAX_TEXT_LENGTH).transform(parseBaseUrl));
  const expected = 'a list of addresses, for example ["https://models.example.com"]';
  return described(schema, { comment, expected, type: "list", default: [] });
}

function described<S extends z.ZodType>(schema: S, info: FieldInfo) {
  const withDefault = schema.prefault(() => info.default as z.input<S>);
  fieldInfo.add(withDefault, info);
  return withDefault;
}

function oneOf(values: readonly string[]): string {
  return values.map((value) => `"${value}"`).join(" or ");
}

function parseAddress(value: string, context: z.core.$RefinementCtx<string>): Address {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(value);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host !== undefined && port <= 65_535) return { host, port };
  context.addIssue("not an address");
  return z.NEVER;
}

function parseBaseUrl(value: string, context: z.core.$RefinementCtx<string>): string {
  const full = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(value) ? value : `http://${value}`;
  const url = URL.parse(full);
  const extra = url && (url.username || url.password || url.search || url.hash);
  if (url && /^https?:$/.test(url.protocol) && !extra && value !== "") return url.href.replace(/\/+$/, "");
  context.addIssue("not a base URL");
  return z.NEVER;
}

function parseOrigin(value: string, context: z.core.$RefinementCtx<string>): string {
  const base = parseBaseUrl(
    /^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(value) ? value : `https://${value}`,
    context,
  );
  if (base === z.NEVER || base === new URL(base).origin) return base;
  context.addIssue("not without a path");
  return z.NEVER;
}

/** As it stands in the file. */
export function formatAddress(address: Address): string {
  return address.host.includes(":") ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
