import { and, eq } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Session } from "../session.ts";
import { orderBy } from "./order.ts";
import type { Place } from "./order.ts";
import { rangeCondition } from "./ranges.ts";
import type { Range } from "./ranges.ts";
import type { ListSpec } from "./spec.ts";

/** A row of a page, and where it stands. */
export interface Match {
  readonly place: Place;
  readonly row: Record<string, unknown>;
}

/** What one step of a stream found. */
export interface Step {
  /** In order; at most as many as were asked for. */
  readonly matches: readonly Match[];
  /** The last place that was looked at; undefined when there was none. */
  readonly end: Place | undefined;
  /** Rows that were looked at. */
  readonly looked: number;
  /** True when nothing comes after `end`. */
  readonly done: boolean;
}

/** Rows in the order of a list, which a filter is tried on step by step. */
export interface Stream {
  /** Looks at up to `size` rows after a place and returns up to `wanted` that match. */
  next(size: number, after: Place | undefined, wanted: number): Promise<Step>;
}

/** An index to walk: of the list's own table, or of one that names its rows. */
export interface Walk {
  readonly table: SQLiteTable;
  readonly value: Column;
  readonly id: Column;
  /** What the index has before the value; each column equals something. */
  readonly where: SQL | undefined;
  /** The columns of the index: those of `where`, the value, and the id unless values are unique. */
  readonly index: readonly Column[];
  readonly range: Range;
  readonly descending: boolean;
  /** True when no two rows have the same value. */
  readonly unique?: boolean;
}

interface Pair {
  readonly value: Place["value"];
  readonly id: string;
}

/** Walks one index. */
export class IndexStream implements Stream {
  readonly #session: Session;
  readonly #spec: ListSpec<unknown>;
  readonly #walk: Walk;
  readonly #filter: SQL | undefined;
  readonly #last: boolean;

  /** `last`: the rows are those without the metric that the list is ordered by. */
  constructor(session: Session, spec: ListSpec<unknown>, walk: Walk, filter: SQL | undefined, last = false) {
    this.#session = session;
    this.#spec = spec;
    this.#walk = walk;
    this.#filter = filter;
    this.#last = last;
  }

  async next(size: number, after: Place | undefined, wanted: number): Promise<Step> {
    // Without a filter every row matches: as many are read as are wanted.
    const limit = this.#filter === undefined ? undefined : await this.#placeAt(size - 1, after);
    const matches = await this.#matches(after, limit, wanted);
    const full = matches.length === wanted;
    const end = full ? matches.at(-1)?.place : (limit ?? matches.at(-1)?.place);
    const looked = this.#filter === undefined ? matches.length : size;
    return { matches, end, looked, done: !full && limit === undefined };
  }

  /** The place of the row `offset` rows on; undefined when there are not so many. */
  async #placeAt(offset: number, after: Place | undefined): Promise<Place | undefined> {
    const { table, value, id, where, index } = this.#walk;
    const { builder, dialect } = this.#session;
    const query = dialect
      .fromIndex(builder.select({ value, id }), table, index)
      .where(and(where, rangeCondition(this.#walk, after, undefined)))
      .orderBy(...this.#order())
      .limit(1)
      .offset(offset);
    const [pair] = (await this.#session.run(query)) as Pair[];
    return pair && this.#place(pair);
  }

  async #matches(
    after: Place | undefined,
    upTo: Place | undefined,
    wanted: number,
  ): Promise<readonly Match[]> {
    const { table, value, id, where, index } = this.#walk;
    const { builder, dialect } = this.#session;
    const own = this.#spec.table;
    const condition = and(where, rangeCondition(this.#walk, after, upTo), this.#filter);
    const order = this.#order();
    if (table === own) {
      const query = dialect
        .fromIndex(builder.select(), own, index)
        .where(condition)
        .orderBy(...order)
        .limit(wanted);
      const rows = (await this.#session.run(query)) as Record<string, unknown>[];
      return rows.map((row) => ({
        place: this.#place({ value: row[value.name], id: row[id.name] } as Pair),
        row,
      }));
    }
    const query = dialect
      .fromIndex(builder.select({ value, id, row: own }), table, index)
      .innerJoin(own, eq(this.#spec.id, id))
      .where(condition)
      .orderBy(...order)
      .limit(wanted);
    const rows = (await this.#session.run(query)) as (Pair & { readonly row: Record<string, unknown> })[];
    return rows.map(({ row, ...pair }) => ({ place: this.#place(pair), row }));
  }

  #order() {
    const { value, id, descending, unique = false } = this.#walk;
    return orderBy(value, id, descending, unique);
  }

  #place({ value, id }: Pair): Place {
    return { last: this.#last, value, id };
  }
}

/** One stream after another: the second has the places that are `last`. */
export class ChainedStream implements Stream {
  readonly #first: Stream;
  readonly #second: Stream;

  constructor(first: Stream, second: Stream) {
    this.#first = first;
    this.#second = second;
  }

  async next(size: number, after: Place | undefined, wanted: number): Promise<Step> {
    if (after?.last === true) return await this.#second.next(size, after, wanted);
    const first = await this.#first.next(size, after, wanted);
    if (!first.done) return first;
    const second = await this.#second.next(size, undefined, wanted - first.matches.length);
    return {
      matches: [...first.matches, ...second.matches],
      end: second.end ?? first.end,
      looked: first.looked + second.looked,
      done: second.done,
    };
  }
}
