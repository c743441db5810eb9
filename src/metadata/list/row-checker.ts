import { and } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { inSlots, keyed, slotCount } from "../repositories/queries.ts";
import type { Session } from "../session.ts";
import type { Place } from "./order.ts";
import type { ListSpec, Scope } from "./spec.ts";
import type { Match } from "./streams.ts";

/** Rows that one query reads at most. */
const MAX_ROWS_PER_QUERY = 1024;

type Prepared = { execute(values?: Record<string, unknown>): Promise<Record<string, unknown>[]> };

/**
 * Reads rows by id and keeps those in a scope that match a filter. The queries are built once for each list call and
 * size. The scope is looked at here and not in the query, where it would lead a database to read the whole scope
 * instead of the few rows.
 */
export class RowChecker {
  readonly #session: Session;
  readonly #spec: ListSpec<unknown>;
  readonly #scope: Scope;
  readonly #filter: SQL | undefined;
  readonly #queries = new Map<number, Prepared>();

  constructor(session: Session, spec: ListSpec<unknown>, scope: Scope, filter: SQL | undefined) {
    this.#session = session;
    this.#spec = spec;
    this.#scope = scope;
    this.#filter = filter;
  }

  /** The first `wanted` places whose rows match, in the order in which they are given. */
  async matches(places: readonly Place[], wanted: number): Promise<readonly Match[]> {
    const found: Match[] = [];
    // Most rows of a list match more often than not, so as many are read as are wanted, then more.
    let size = Math.min(wanted, MAX_ROWS_PER_QUERY);
    for (let begin = 0; begin < places.length && found.length < wanted;) {
      const group = places.slice(begin, begin + size);
      const rows = await this.#read(group.map((place) => place.id));
      for (const place of group) {
        const row = rows.get(place.id);
        if (row !== undefined && found.length < wanted) found.push({ place, row });
      }
      begin += group.length;
      size = Math.min(size * 2, MAX_ROWS_PER_QUERY);
    }
    return found;
  }

  async #read(ids: readonly string[]): Promise<ReadonlyMap<string, Record<string, unknown>>> {
    if (ids.length === 0) return new Map();
    const { id, table } = this.#spec;
    const size = slotCount(ids.length);
    let query = this.#queries.get(size);
    if (query === undefined) {
      const where = and(inSlots(id, size), this.#filter);
      query = this.#session.builder.select().from(table).where(where).prepare() as unknown as Prepared;
      this.#queries.set(size, query);
    }
    const rows = await this.#session.execute(query, keyed(ids, size));
    const { column } = this.#scope;
    const inScope = column === undefined ? rows : rows.filter((row) => row[column.name] === this.#scope.id);
    return new Map(inScope.map((row) => [String(row[id.name]), row]));
  }
}
