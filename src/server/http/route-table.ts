import { DomainError, invalid } from "../../domain/errors.ts";
import { unknownMethod } from "../refusals.ts";
import type { HttpRoute } from "./route.ts";

/** A route that fits, or why none does. */
export type RouteMatch =
  | { readonly type: "route"; readonly route: HttpRoute; readonly params: Readonly<Record<string, string>> }
  | { readonly type: "wrong_method"; readonly allowed: readonly string[] }
  | { readonly type: "none" };

/** Finds routes by method and path. HEAD falls back to GET. */
export class RouteTable {
  readonly #routes: readonly { readonly route: HttpRoute; readonly parts: readonly string[] }[];

  constructor(routes: readonly HttpRoute[]) {
    this.#routes = routes.map((route) => ({ route, parts: route.pattern.split("/") }));
  }

  /** Throws DomainError "invalid_argument" when a part of the path is badly encoded. */
  find(method: string, pathname: string): RouteMatch {
    const parts = pathname.split("/");
    const fitting = this.#routes.filter((one) => fits(one.parts, parts));
    const wanted =
      fitting.find(({ route }) => route.method === method) ??
      (method === "HEAD" ? fitting.find(({ route }) => route.method === "GET") : undefined);
    if (wanted) return { type: "route", route: wanted.route, params: paramsOf(wanted.parts, parts) };
    if (fitting.length === 0) return { type: "none" };
    return { type: "wrong_method", allowed: fitting.map(({ route }) => route.method) };
  }
}

/** The answer to a path that no route has, said the way its caller understands. */
export function noRoute(method: string, pathname: string): DomainError {
  // A Connect client learns from this code that the server lacks the method.
  if (method === "POST") return unknownMethod(shortened(pathname));
  return new DomainError("not_found", "NOT_FOUND", `There is nothing at ${shortened(pathname)}.`);
}

function fits(pattern: readonly string[], parts: readonly string[]): boolean {
  return (
    pattern.length === parts.length &&
    pattern.every((part, index) => (part.startsWith(":") ? parts[index] !== "" : part === parts[index]))
  );
}

function paramsOf(pattern: readonly string[], parts: readonly string[]): Record<string, string> {
  const params: Record<string, string> = {};
  for (const [index, part] of pattern.entries()) {
    if (part.startsWith(":")) params[part.slice(1)] = decoded(parts[index] ?? "");
  }
  return params;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw invalid("path", `"${shortened(part)}" is not valid percent-encoding.`);
  }
}

function shortened(text: string): string {
  const limit = 200;
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}
