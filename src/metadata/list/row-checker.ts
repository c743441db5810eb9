import { and } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import { inSlots, keyed, slotCount } from "../repositories/queries.ts";
import type { Session } from "../session.ts";
import type { Place } from "./order.ts";
import type { Pace } from "./pace.ts";
import type { ListSpec, Scope } from "./spec.ts";
import type { Match } from "./streams.ts";

/** Rows that one query reads at most. */
const MAX_ROWS_PER_QUERY = 1024;

/** What was found among some places. */
export interface Checked {
  readonly matches: readonly Match[];
  /** The last place that was looked at, when the time was spent before all were. */
  readonly spentAt: Place | undefined;
}

interface RowCheckerOptions {
  readonly session: Session;
  readonly spec: ListSpec<unknown>;
  readonly scope: Scope;
  readonly filter: SQL | undefined;
  readonly pace: Pace;
}

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
  readonly #pace: Pace;
  readonly #queries = new Map<number, Prepared>();

  constructor({ session, spec, scope, filter, pace }: RowCheckerOptions) {
    this.#session = session;
    this.#spec = spec;
    this.#scope = scope;
    this.#filter = filter;
    this.#pace = pace;
  }

  /**
   * The first `wanted` places whose rows match, in the order in which they are given; undefined when no time was left to
   * look at any.
   */
  async matches(places: readonly Place[], wanted: number): Promise<Checked | undefined> {
    const matches: Match[] = [];
    // Most rows of a list match more often than not, so as many are read as are wanted, then more.
    let size = this.#pace.rows(Math.min(wanted, MAX_ROWS_PER_QUERY));
    for (let begin = 0; begin < places.length && matches.length < wanted;) {
      if (size === 0) return begin === 0 ? undefined : { matches, spentAt: places[begin - 1] };
      const group = places.slice(begin, begin + size);
      const rows = await this.#pace.measure(
        () => this.#read(group.map((place) => place.id)),
        () => group.length,
      );
      for (const place of group) {
        const row = rows.get(place.id);
        if (row !== undefined && matches.length < wanted) matches.push({ place, row });
      }
      begin += group.length;
      size = this.#pace.rows(Math.min(group.length * 2, MAX_ROWS_PER_QUERY));
    }
    return { matches, spentAt: undefined };
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
