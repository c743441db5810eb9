import { invalid } from "../domain/errors.ts";
import { parseFilter } from "../domain/filter-parser.ts";
import { DEFAULT_PAGE_SIZE, MAX_METRIC_KEY_LENGTH, MAX_PAGE_BYTES, MAX_PAGE_SIZE } from "../domain/limits.ts";
import type { ListCursor, ListPage, ListQuery, ListScope } from "../domain/metadata-store.ts";
import { decodePlain, encodePlain } from "../domain/plain-json.ts";
import { canonicalText } from "./fingerprint.ts";
import { roughBytes } from "./rough-bytes.ts";

const TOKEN_HASH_DIGITS = 16;

/** What every list call takes. */
export interface ListInput {
  /** 0 for the default; more than the most is the most. */
  readonly pageSize: number;
  readonly pageToken: string;
  readonly filter: string;
  readonly orderBy: string;
}

/** What every list call gives. */
export interface Listed<V> {
  readonly items: readonly V[];
  /** "" on the last page. */
  readonly nextPageToken: string;
  /** True when the scan budget was spent before the page was full. */
  readonly incomplete: boolean;
}

/** How a kind of object is listed. */
export interface ListShape {
  /** Name of the RPC; part of what binds a page token to its query. */
  readonly method: string;
  readonly orderFields: readonly string[];
  /** Whether `metrics.<key>` orders too. */
  readonly metricOrder: boolean;
  /** Default "created_at". */
  readonly defaultOrder?: string;
}

/**
 * Reads one page of a list. `compose` makes of rows what callers see, in the same order. A page ends early when it gets
 * larger than MAX_PAGE_BYTES.
 */
export async function listPage<E, V>(
  shape: ListShape,
  scope: ListScope,
  input: ListInput,
  fetch: (query: ListQuery) => Promise<ListPage<E>>,
  compose: (rows: readonly E[]) => Promise<readonly V[]> | readonly V[],
): Promise<Listed<V>> {
  const orderBy = parseOrder(shape, input.orderBy);
  const bound = canonicalText([shape.method, scope, input.filter, orderBy]);
  const query: ListQuery = {
    scope,
    orderBy,
    filter: parseFilter(input.filter),
    limit: pageLimit(input.pageSize, DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE),
    after: decodePageToken(bound, input.pageToken, isListCursor),
  };
  const whole = await fetch(query);
  const items = await composeUpToLimit(whole.items, compose);
  // Only the store knows where a shorter page ends.
  const page = items.length === whole.items.length ? whole : await fetch({ ...query, limit: items.length });
  const nextPageToken = page.next === undefined ? "" : encodePageToken(bound, page.next);
  return { items, nextPageToken, incomplete: page.incomplete };
}

/** Composes rows, a few first to learn how large they are, until there is enough; at least one. */
async function composeUpToLimit<E, V>(
  rows: readonly E[],
  compose: (rows: readonly E[]) => Promise<readonly V[]> | readonly V[],
): Promise<readonly V[]> {
  const items: V[] = [];
  let bytes = 0;
  while (items.length < rows.length) {
    const room =
      bytes === 0 ? DEFAULT_PAGE_SIZE : Math.ceil(((MAX_PAGE_BYTES - bytes) / bytes) * items.length);
    for (const item of await compose(rows.slice(items.length, items.length + room))) {
      bytes += roughBytes(item);
      if (bytes > MAX_PAGE_BYTES && items.length > 0) return items;
      items.push(item);
    }
    if (bytes >= MAX_PAGE_BYTES) return items;
  }
  return items;
}

/** How many rows a page has. */
export function pageLimit(pageSize: number, defaultSize: number, maxSize: number): number {
  return pageSize === 0 ? defaultSize : Math.min(pageSize, maxSize);
}

/** Where the next page begins, as text that is only valid for the same query. */
export function encodePageToken(query: string, position: unknown): string {
  return Buffer.from(encodePlain([tokenHash(query, position), position])).toString("base64url");
}

/** The position of a token, or undefined when there is no token. Throws for one that was changed or is of another query. */
export function decodePageToken<P>(
  query: string,
  token: string,
  isPosition: (position: unknown) => position is P,
): P | undefined {
  if (token === "") return undefined;
  const content = parseToken(token);
  if (Array.isArray(content) && content.length === 2) {
    const [hash, position] = content as readonly unknown[];
    if (isPosition(position) && hash === tokenHash(query, position)) return position;
  }
  throw invalid(
    "page_token",
    "is not one of this list; use next_page_token of the page before, with the same other fields, or leave it out",
  );
}

/** For decodePageToken. */
export function isListCursor(position: unknown): position is ListCursor {
  if (typeof position !== "object" || position === null) return false;
  const { value, id } = position as Partial<Record<keyof ListCursor, unknown>>;
  return typeof id === "string" && (value === null || typeof value === "string" || typeof value === "number");
}

function tokenHash(query: string, position: unknown): string {
  const hasher = new Bun.CryptoHasher("sha256").update(query).update(canonicalText(position));
  return hasher.digest("hex").slice(0, TOKEN_HASH_DIGITS);
}

function parseToken(token: string): unknown {
  try {
    return decodePlain(Buffer.from(token, "base64url").toString());
  } catch {
    // A text that is no token at all is as wrong as a token of another list.
    return undefined;
  }
}

function parseOrder(shape: ListShape, text: string): ListQuery["orderBy"] {
  const trimmed = text.trim();
  if (trimmed === "") return { field: shape.defaultOrder ?? "created_at", descending: true };
  const descending = / desc$/i.test(trimmed);
  const field = trimmed.replace(/ (desc|asc)$/i, "").trim();
  if (shape.orderFields.includes(field)) return { field, descending };
  const metricKey = field.startsWith("metrics.") ? field.slice("metrics.".length) : "";
  if (shape.metricOrder && metricKey !== "" && metricKey.length <= MAX_METRIC_KEY_LENGTH)
    return { field, descending };
  const known = [...shape.orderFields, ...(shape.metricOrder ? ["metrics.<key>"] : [])].join(", ");
  throw invalid("order_by", `must be one of ${known}, optionally followed by " desc"`);
}
