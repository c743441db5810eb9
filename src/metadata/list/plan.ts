import { and, eq, gte, lt, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { FilterExpression } from "../../domain/filter.ts";
import { MATCH_NUMBER, numberKey } from "./match-key.ts";
import type { Order } from "./order.ts";
import { fieldOf, mapCondition, mapOf, plainValue } from "./predicates.ts";
import type { PredicateContext, Term } from "./predicates.ts";
import { narrowRange } from "./ranges.ts";
import type { Range } from "./ranges.ts";
import type { FieldSpec, Scope } from "./spec.ts";
import { compare, following } from "./values.ts";

/** An index that finds the rows of one term. */
export interface Source {
  readonly table: SQLiteTable;
  /** Which column names the row of the list. */
  readonly id: Column;
  /** The creation time of that row, where the index has it. */
  readonly createdAt: Column | undefined;
  readonly where: SQL;
  /** What the index begins with, in its order: the columns of `where`. */
  readonly index: readonly Column[];
  /** True when the index yields the rows by creation time and id. */
  readonly byCreation: boolean;
  /** True when every row that it finds satisfies the term. */
  readonly exact: boolean;
  readonly term: Term;
}

/** The terms that must all hold. */
export function conjuncts(filter: FilterExpression | undefined): readonly FilterExpression[] {
  if (filter === undefined) return [];
  return filter.type === "and" ? filter.operands.flatMap(conjuncts) : [filter];
}

/** The index that serves a term, if there is one. */
export function sourceOf(
  term: FilterExpression,
  scope: Scope,
  context: PredicateContext,
): Source | undefined {
  if (term.type === "and" || term.type === "or" || term.type === "not") return undefined;
  if (term.type === "has") return hasSource(term, scope, context);
  if (term.type === "compare" && term.operator === "!=") return undefined;
  return term.field.key === undefined ? fieldSource(term, scope, context) : mapSource(term, scope, context);
}

/** The part of the walk that terms on the column of the order allow; and the terms that are left. */
export function narrowWalk(
  terms: readonly FilterExpression[],
  order: Order,
  { spec }: PredicateContext,
): { readonly range: Range; readonly left: readonly FilterExpression[] } {
  let range: Range = {};
  const left = terms.filter((term) => {
    if (term.type !== "compare") return true;
    const { field, operator, value, position } = term;
    if (operator === "!=" || operator === "LIKE" || operator === "ILIKE") return true;
    if (order.type === "field") {
      if (field.key !== undefined || spec.fields[field.name] !== order.field) return true;
      range = narrowRange(range, operator, plainValue(value, field.name, order.field, position));
      return false;
    }
    const isNumber = value.type === "number" && !Number.isNaN(value.value);
    if (field.name !== "metrics" || field.key !== order.key || !isNumber) return true;
    range = narrowRange(range, operator, numberKey(value.value));
    return false;
  });
  return { range, left };
}

/** Walks the latest values of a metric, for lists that are ordered by it. */
export function metricWalk(key: string, range: Range, scope: Scope, context: PredicateContext) {
  const { metricSeries } = context.tables;
  const where = and(ownerCondition(metricSeries, scope, context), eq(metricSeries.key, key));
  const numbers = narrowRange(narrowRange(range, ">=", MATCH_NUMBER), "<", following(MATCH_NUMBER));
  return {
    table: metricSeries,
    value: metricSeries.matchKey,
    id: metricSeries.objectId,
    where,
    index: [...ownerColumns(metricSeries, scope), metricSeries.matchKey, metricSeries.objectId],
    range: numbers,
  };
}

/** True for rows whose latest value of a metric is a number that can be ordered. */
export function hasNumber(key: string, { probes, id }: PredicateContext): SQL {
  const { from, columns } = probes.metricSeries;
  const where = and(
    sql`${columns.objectId} = ${id}`,
    eq(columns.key, key),
    gte(columns.matchKey, MATCH_NUMBER),
    lt(columns.matchKey, following(MATCH_NUMBER)),
  );
  return sql`exists (select 1 from ${from} where ${where})`;
}

function mapSource(
  term: Exclude<Term, { type: "has" }>,
  scope: Scope,
  context: PredicateContext,
): Source | undefined {
  const { labels, metricSeries } = context.tables;
  const isLabel = mapOf(term.field, context.spec) === "labels";
  const condition = mapCondition(term, context, context.tables);
  if (condition.byIndex === undefined) return undefined;
  const table = isLabel ? labels : metricSeries;
  const where = and(
    ownerCondition(table, scope, context),
    eq(table.key, term.field.key ?? ""),
    condition.byIndex,
  );
  if (where === undefined) return undefined;
  return {
    table,
    id: table.objectId,
    createdAt: table.objectCreatedAt,
    where,
    index: [...ownerColumns(table, scope), table.matchKey],
    // In the index of metrics the object comes before its creation time, to serve the order by value.
    byCreation: isLabel && condition.key !== undefined,
    exact: condition.indexIsExact,
    term,
  };
}

function hasSource(
  term: Extract<Term, { type: "has" }>,
  scope: Scope,
  context: PredicateContext,
): Source | undefined {
  const { labels, metricSeries } = context.tables;
  const value = term.value.type === "text" ? term.value.value : "";
  if (term.field.name === "tags") return tagSource(term, value, scope, context);
  const table = term.field.name === "labels" ? labels : metricSeries;
  const where = and(ownerCondition(table, scope, context), eq(table.key, value));
  if (where === undefined) return undefined;
  return {
    table,
    id: table.objectId,
    createdAt: table.objectCreatedAt,
    where,
    index: ownerColumns(table, scope),
    byCreation: false,
    exact: true,
    term,
  };
}

function tagSource(
  term: Term,
  tag: string,
  scope: Scope,
  { tables, spec }: PredicateContext,
): Source | undefined {
  const { tagAssignments: tags } = tables;
  const ofVersions = spec.tagged === "version";
  if (spec.tagged === undefined) return undefined;
  // The parent of a version is the model, that of a model the namespace.
  const column = ofVersions && scope.type === "parent" ? tags.modelId : tags.namespaceId;
  const owner = eq(column, scope.id ?? "");
  return {
    table: tags,
    id: ofVersions ? tags.versionId : tags.modelId,
    createdAt: ofVersions ? tags.versionCreatedAt : undefined,
    where: and(owner, eq(tags.currentTag, tag)) ?? owner,
    index: [column, tags.currentTag],
    byCreation: ofVersions,
    exact: true,
    term,
  };
}

function fieldSource(
  term: Exclude<Term, { type: "has" }>,
  scope: Scope,
  context: PredicateContext,
): Source | undefined {
  const { spec } = context;
  const field = fieldOf(term.field, spec);
  if (!isIndexed(field, scope, spec.id) || namesAbsence(term, field)) return undefined;
  if (term.type === "compare" && (term.operator === "LIKE" || term.operator === "ILIKE")) return undefined;
  const { name } = term.field;
  const condition =
    term.type === "in"
      ? inValues(term, field)
      : compare(field.column, term.operator as "=", plainValue(term.value, name, field, term.position));
  // The scope narrows an id no further, and could lead a database to another index.
  const where = field.column === spec.id ? condition : and(scope.condition, condition);
  return {
    table: spec.table,
    id: spec.id,
    createdAt: spec.created.column,
    where: where ?? condition,
    index: field.column === spec.id ? [spec.id] : [...scopeColumns(scope), field.column],
    byCreation: false,
    exact: true,
    term,
  };
}

function inValues(term: Extract<Term, { type: "in" }>, field: FieldSpec): SQL {
  const values = term.values.map((value) =>
    sql.param(plainValue(value, term.field.name, field, term.position), field.column),
  );
  return sql`${field.column} in (${sql.join(values, sql`, `)})`;
}

function isIndexed(field: FieldSpec, scope: Scope, id: Column): boolean {
  if (field.column === id || field.indexed === "always" || field.orderable === true) return true;
  return field.indexed === "in parent" && scope.type === "parent";
}

/** Null and "" of a nullable field are not looked up: most rows may have them. */
function namesAbsence(term: Exclude<Term, { type: "has" }>, field: FieldSpec): boolean {
  const values = term.type === "in" ? term.values : [term.value];
  return (
    field.nullable === true &&
    values.some((value) => value.type === "null" || (value.type === "text" && value.value === ""))
  );
}

/** What an index of the list's own table has before the value. */
export function scopeColumns({ column }: Scope): readonly Column[] {
  return column === undefined ? [] : [column];
}

/** What an index of labels or metrics has before the value. */
function ownerColumns(
  table: {
    readonly namespaceId: Column;
    readonly parentId: Column;
    readonly kind: Column;
    readonly key: Column;
  },
  scope: Scope,
): readonly Column[] {
  return [scope.type === "namespace" ? table.namespaceId : table.parentId, table.kind, table.key];
}

/** The rows of labels or metrics that belong to objects of the list's kind in its scope. */
function ownerCondition(
  table: { readonly kind: Column; readonly parentId: Column; readonly namespaceId: Column },
  scope: Scope,
  { spec }: PredicateContext,
): SQL | undefined {
  // Namespaces, which are listed everywhere, have no parent.
  const owner =
    scope.type === "namespace" ? eq(table.namespaceId, scope.id) : eq(table.parentId, scope.id ?? "");
  return and(owner, eq(table.kind, spec.labelled));
}
