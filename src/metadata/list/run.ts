import { and, eq, not } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { FilterExpression } from "../../domain/filter.ts";
import type { ListPage, ListQuery } from "../../domain/metadata-store.ts";
import type { Session } from "../session.ts";
import { cursorOf, orderOf, placeOf } from "./order.ts";
import type { Order, Place } from "./order.ts";
import { Pace } from "./pace.ts";
import { conjuncts, hasNumber, metricWalk, narrowWalk, scopeColumns, sourceOf } from "./plan.ts";
import type { Source } from "./plan.ts";
import { predicate } from "./predicates.ts";
import { probesOf } from "./probes.ts";
import type { PredicateContext } from "./predicates.ts";
import type { Range } from "./ranges.ts";
import { RowChecker } from "./row-checker.ts";
import { SourceSet } from "./source-set.ts";
import type { ListSpec, Scope } from "./spec.ts";
import { ChainedStream, IndexStream } from "./streams.ts";
import type { Match, Stream } from "./streams.ts";

/** Rows of the first step; each next one is twice as long. */
const FIRST_STEP_ROWS = 64;
const LAST_STEP_ROWS = 4096;
/** Rows that an index may name for them to be taken together and sorted. */
const MAX_SET_ROWS = 8192;
/** To count what an index names is cheaper than to look at rows: it is tried this much further. */
const SET_ROWS_PER_STEP_ROW = 4;

/**
 * Reads one page. Every query that it makes follows one index:
 *
 * - A stream walks the rows in the order of the list, by the list's own index or by one that a term has in that order,
 *   and tries the other terms on them. It is quick when many rows match.
 * - A set is all that an index names for one term, sorted here. It is quick when few rows match.
 *
 * Nobody knows beforehand how many rows match, so both are tried in steps that grow, and the first to end wins. When
 * neither does within the scan budget, the page is short and its cursor tells where to go on.
 */
export async function readPage<E>(
  session: Session,
  spec: ListSpec<E>,
  query: ListQuery,
): Promise<ListPage<E>> {
  const pace = new Pace(session.scanBudget);
  const plan = makePlan(session, spec, query, pace);
  const wanted = query.limit + 1;
  const matches: Match[] = [];
  let after = query.after === undefined ? undefined : placeOf(query.after, plan.order);
  let looked = 0;
  let size = Math.max(FIRST_STEP_ROWS, wanted);
  // The first step is made whatever it takes, so that each page gets further.
  for (let rows = size; rows > 0 && looked < session.scanBudget.rows; rows = pace.rows(size)) {
    for (const set of plan.sets) {
      const found = await set.matches(
        Math.min(size * SET_ROWS_PER_STEP_ROW, MAX_SET_ROWS),
        after,
        wanted - matches.length,
      );
      if (found !== undefined)
        return pageOf([...matches, ...found.matches], spec, query.limit, found.spentAt);
    }
    const step = await pace.measure(
      () => plan.stream.next(rows, after, wanted - matches.length),
      (made) => made.looked,
    );
    matches.push(...step.matches);
    after = step.end ?? after;
    looked += step.looked;
    if (step.done || matches.length === wanted) return pageOf(matches, spec, query.limit, undefined);
    size = Math.min(size * 2, LAST_STEP_ROWS);
  }
  return pageOf(matches, spec, query.limit, after);
}

interface Plan {
  readonly order: Order;
  readonly stream: Stream;
  readonly sets: readonly SourceSet[];
}

function makePlan(session: Session, spec: ListSpec<unknown>, query: ListQuery, pace: Pace): Plan {
  const { tables, dialect } = session;
  const context: PredicateContext = { spec, tables, dialect, id: spec.id, probes: probesOf(tables, dialect) };
  const scope = scopeOf(spec, query);
  const order = orderOf(query, spec);
  const terms = conjuncts(query.filter);
  // Made for all terms before anything is read, so that a filter that does not fit is always refused.
  const filter = conditionOf(terms, context);
  const { range, left } = narrowWalk(terms, order, context);
  const sources = left.map((term) => sourceOf(term, scope, context)).filter((source) => source !== undefined);
  const byCreation = order.type === "field" && order.field === spec.created;
  const streamed = byCreation ? sources.find((source) => source.byCreation) : undefined;
  const stream =
    streamed === undefined
      ? ownStream(session, context, scope, order, range, left)
      : sourceStream(session, context, order, streamed, range, left);
  const checker = new RowChecker({ session, spec, scope, filter, pace });
  const sets = sources
    .filter((source) => source !== streamed)
    .map((source) => new SourceSet(session, source, order, { context, checker }));
  return { order, stream, sets };
}

/** The stream by the list's own index, or by that of the metric that it is ordered by. */
function ownStream(
  session: Session,
  context: PredicateContext,
  scope: Scope,
  order: Order,
  range: Range,
  terms: readonly FilterExpression[],
): Stream {
  const { spec } = context;
  const { table, id } = spec;
  const { descending } = order;
  const filter = conditionOf(terms, context);
  if (order.type === "field") {
    const { column, unique = false } = order.field;
    const where = scope.condition;
    const alone = unique && (scope.type === "all" || scope.column === spec.parent);
    const index = [...scopeColumns(scope), column, ...(alone ? [] : [id])];
    const walk = { table, value: column, id, where, index, range, descending, unique: alone };
    return new IndexStream(session, spec, walk, filter);
  }
  const walk = { ...metricWalk(order.key, range, scope, context), descending };
  const first = new IndexStream(session, spec, walk, conditionOf(terms, { ...context, id: walk.id }));
  // A bound on the metric is never true without it.
  if (range.low !== undefined || range.high !== undefined) return first;
  const value = spec.created.column;
  const index = [...scopeColumns(scope), value, id];
  const rest = { table, value, id, where: scope.condition, index, range: {}, descending };
  const without = and(not(hasNumber(order.key, context)), filter);
  return new ChainedStream(first, new IndexStream(session, spec, rest, without, true));
}

function sourceStream(
  session: Session,
  context: PredicateContext,
  order: Order,
  source: Source,
  range: Range,
  terms: readonly FilterExpression[],
): Stream {
  const { table, id, where, createdAt } = source;
  const value = createdAt ?? context.spec.created.column;
  const walk = {
    table,
    value,
    id,
    where,
    index: [...source.index, value, id],
    range,
    descending: order.descending,
  };
  const left = source.exact ? terms.filter((term) => term !== source.term) : terms;
  return new IndexStream(session, context.spec, walk, conditionOf(left, { ...context, id }));
}

function conditionOf(terms: readonly FilterExpression[], context: PredicateContext): SQL | undefined {
  return and(...terms.map((term) => predicate(term, context)));
}

function scopeOf(spec: ListSpec<unknown>, { scope }: ListQuery): Scope {
  if (scope.type === "all") {
    if (spec.namespace !== undefined)
      throw new TypeError(`${spec.subject} are listed in a namespace or parent`);
    return { type: "all", id: undefined, column: undefined, condition: undefined };
  }
  const column = scope.type === "parent" ? spec.parent : spec.namespace;
  if (column === undefined) throw new TypeError(`${spec.subject} can't be listed by ${scope.type}`);
  return { type: scope.type, id: scope.id, column, condition: eq(column, scope.id) };
}

function pageOf<E>(
  matches: readonly Match[],
  spec: ListSpec<E>,
  limit: number,
  spentAt: Place | undefined,
): ListPage<E> {
  const page = matches.slice(0, limit);
  const last = matches.length > limit ? page.at(-1)?.place : spentAt;
  return {
    items: page.map((match) => spec.fromRow(match.row)),
    next: last && cursorOf(last),
    incomplete: matches.length <= limit && spentAt !== undefined,
  };
}
