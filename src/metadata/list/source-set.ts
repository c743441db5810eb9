import { and, eq, gte, lt, sql } from "drizzle-orm";
import type { Session } from "../session.ts";
import { forKeys, inSlots, slot } from "../repositories/queries.ts";
import { MATCH_NUMBER } from "./match-key.ts";
import { comparePlaces } from "./order.ts";
import type { Order, Place } from "./order.ts";
import type { Source } from "./plan.ts";
import type { PredicateContext } from "./predicates.ts";
import type { Checked, RowChecker } from "./row-checker.ts";
import { following } from "./values.ts";

interface Named {
  readonly id: string;
  readonly createdAt: number | undefined;
}

/** All rows that an index names for one term, provided that they are few. */
export class SourceSet {
  readonly #session: Session;
  readonly #source: Source;
  readonly #order: Order;
  readonly #context: PredicateContext;
  readonly #checker: RowChecker;
  #tooMany = 0;

  constructor(
    session: Session,
    source: Source,
    order: Order,
    { context, checker }: { readonly context: PredicateContext; readonly checker: RowChecker },
  ) {
    this.#session = session;
    this.#source = source;
    this.#order = order;
    this.#context = context;
    this.#checker = checker;
  }

  /** The first rows after a place that match; undefined when the index names `limit` rows or more, or time is up. */
  async matches(limit: number, after: Place | undefined, wanted: number): Promise<Checked | undefined> {
    // Known already to have as many.
    if (limit <= this.#tooMany) return undefined;
    if ((await this.#count(limit)) >= limit) {
      this.#tooMany = limit;
      return undefined;
    }
    const places = await this.#places(await this.#named(limit));
    const { descending } = this.#order;
    const sorted = places
      .filter((place) => after === undefined || comparePlaces(place, after, descending) > 0)
      .toSorted((a, b) => comparePlaces(a, b, descending));
    return await this.#checker.matches(sorted, wanted);
  }

  /** How many rows the index names; no further than `limit`. */
  async #count(limit: number): Promise<number> {
    const { table, where, index } = this.#source;
    const { builder, dialect } = this.#session;
    const named = dialect
      .fromIndex(builder.select({ one: sql`1`.as("one") }), table, index)
      .where(where)
      .limit(limit)
      .as("named");
    const query = builder.select({ count: sql`count(*)`.mapWith(Number) }).from(named);
    return (await this.#session.run(query))[0]?.count ?? 0;
  }

  async #named(limit: number): Promise<readonly Named[]> {
    const { table, id, createdAt, where, index } = this.#source;
    const { builder, dialect } = this.#session;
    const columns = { id, createdAt: createdAt ?? id };
    const query = dialect.fromIndex(builder.select(columns), table, index).where(where).limit(limit);
    const rows = (await this.#session.run(query)) as { id: string; createdAt: unknown }[];
    return rows.map((row) => ({
      id: row.id,
      createdAt: createdAt === undefined ? undefined : Number(row.createdAt),
    }));
  }

  async #places(named: readonly Named[]): Promise<readonly Place[]> {
    const order = this.#order;
    const { spec } = this.#context;
    const known = named.every((row) => row.createdAt !== undefined);
    if (order.type === "field" && order.field === spec.created && known) {
      return named.map((row) => ({ last: false, value: row.createdAt ?? 0, id: row.id }));
    }
    if (order.type === "field") return await this.#byColumn(named, false);
    const ranked = await this.#byMetric(named, order.key);
    const rest = named.filter((row) => !ranked.has(row.id));
    return [...ranked.values(), ...(await this.#byColumn(rest, true))];
  }

  /** Places by the field of the order; or, for rows that come last, by their creation. */
  async #byColumn(named: readonly Named[], last: boolean): Promise<readonly Place[]> {
    const { spec } = this.#context;
    const { column } = this.#order.type === "field" && !last ? this.#order.field : spec.created;
    const build = (size: number) =>
      this.#session.builder
        .select({ id: spec.id, value: column })
        .from(spec.table)
        .where(inSlots(spec.id, size));
    const ids = named.map((row) => row.id);
    const pages = await forKeys(this.#session, `${spec.subject}.order.${column.name}`, ids, build);
    return (pages.flat() as { id: string; value: Place["value"] }[]).map((row) => ({ last, ...row }));
  }

  async #byMetric(named: readonly Named[], key: string): Promise<ReadonlyMap<string, Place>> {
    const { metricSeries } = this.#context.tables;
    const build = (size: number) =>
      this.#session.builder
        .select({ id: metricSeries.objectId, value: metricSeries.matchKey })
        .from(metricSeries)
        .where(
          and(
            inSlots(metricSeries.objectId, size),
            eq(metricSeries.key, slot(metricSeries.key, "metricKey")),
            gte(metricSeries.matchKey, MATCH_NUMBER),
            lt(metricSeries.matchKey, following(MATCH_NUMBER)),
          ),
        );
    const ids = named.map((row) => row.id);
    const pages = await forKeys(this.#session, "metrics.order", ids, build, { metricKey: key });
    return new Map(pages.flat().map((row) => [row.id, { last: false, ...row }]));
  }
}
