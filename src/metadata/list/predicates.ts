import { and, eq, not, or, sql } from "drizzle-orm";
import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column } from "drizzle-orm/sqlite-core";
import { filterError } from "../../domain/filter-lexer.ts";
import type { FilterExpression, FilterField, FilterLiteral } from "../../domain/filter.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { Tables } from "../tables.ts";
import type { Probes } from "./probes.ts";
import { textLiteral, timeLiteral, wholeLiteral } from "./literals.ts";
import type { FieldSpec, ListSpec } from "./spec.ts";
import { compare, valueCondition, valueInCondition } from "./values.ts";
import type { ValueCondition } from "./values.ts";

/** One comparison, membership or HAS. */
export type Term = Exclude<FilterExpression, { readonly type: "and" | "or" | "not" }>;

/** What predicates are made for. */
export interface PredicateContext {
  readonly spec: ListSpec<unknown>;
  readonly tables: Tables;
  readonly dialect: Dialect;
  /** The column that names the row: the list's own id, or that of another table whose index is walked. */
  readonly id: Column;
  /** Labels, metrics and tags under names of their own, since the walked table may be one of them. */
  readonly probes: Probes;
}

/**
 * The condition of a filter, never null: a comparison with something absent is false, `!=` included, and NOT is the
 * exact complement. Throws DomainError "invalid_argument" with the position for what does not fit.
 */
export function predicate(expression: FilterExpression, context: PredicateContext): SQL {
  switch (expression.type) {
    case "and":
      return and(...expression.operands.map((operand) => predicate(operand, context))) ?? sql`1 = 1`;
    case "or":
      return or(...expression.operands.map((operand) => predicate(operand, context))) ?? sql`1 = 0`;
    case "not":
      return not(predicate(expression.operand, context));
    case "compare":
    case "in":
    case "has":
      return termPredicate(expression, context);
  }
}

function termPredicate(term: Term, context: PredicateContext): SQL {
  if (term.type === "has") return hasPredicate(term, context);
  if (term.field.key === undefined)
    return plainCondition(term, fieldOf(term.field, context.spec), context.dialect);
  const { exact } = mapCondition(term, context);
  const differs = term.type === "compare" && term.operator === "!=";
  return exists(term.field, differs ? not(exact) : exact, context);
}

/** The plain field that a filter names. */
export function fieldOf(field: FilterField, spec: ListSpec<unknown>): FieldSpec {
  const found = Object.hasOwn(spec.fields, field.name) ? spec.fields[field.name] : undefined;
  if (found !== undefined && field.key === undefined) return found;
  throw unknownField(field, spec);
}

/** The condition on the label or metric that a term names by its key; on the probes, or on the tables themselves. */
export function mapCondition(
  term: Exclude<Term, { type: "has" }>,
  context: PredicateContext,
  { labels, metricSeries }: Pick<Tables, "labels" | "metricSeries"> = probedColumns(context.probes),
): ValueCondition {
  const columns =
    mapOf(term.field, context.spec) === "labels"
      ? { matchKey: labels.matchKey, text: labels.value, subject: "label" as const }
      : { matchKey: metricSeries.matchKey, text: metricSeries.textValue, subject: "metric" as const };
  if (term.type === "compare") {
    return valueCondition(columns, term.operator, term.value, term.position, context.dialect);
  }
  return valueInCondition(
    columns,
    term.values.map((value) => valueCondition(columns, "=", value, term.position, context.dialect)),
  );
}

/** Which map a field with a key is in. */
export function mapOf(field: FilterField, spec: ListSpec<unknown>): "labels" | "metrics" {
  if (field.name === "labels" && spec.labelled !== undefined) return "labels";
  if (field.name === "metrics" && spec.metrics) return "metrics";
  throw unknownField(field, spec);
}

/** Values of a plain field in the form that its column takes. */
export function plainValue(
  literal: FilterLiteral,
  name: string,
  field: FieldSpec,
  position: number,
): string | number | bigint {
  switch (field.type) {
    case "id":
    case "text":
      return textLiteral(literal, name, position);
    case "time":
      return timeLiteral(literal, name, position);
    case "big":
    case "whole":
      return wholeLiteral(literal, name, position);
  }
}

function plainCondition(term: Exclude<Term, { type: "has" }>, field: FieldSpec, dialect: Dialect): SQL {
  const { name } = term.field;
  const { column } = field;
  if (term.type === "in") {
    const each = term.values.map((value) => equals(value, name, field, term.position));
    return or(...each) ?? sql`1 = 0`;
  }
  const { operator, value, position } = term;
  if (operator === "=") return equals(value, name, field, position);
  if (operator === "!=") {
    const differs = not(equals(value, name, field, position));
    // An absent text is "", which differs from others; an absent number is nothing that could differ.
    return field.nullable === true && field.type !== "text" ? present(field, differs) : differs;
  }
  if (operator === "LIKE" || operator === "ILIKE") {
    if (field.type !== "text")
      throw filterError(position, `${operator} needs a text, and ${name} is ${typeName(field)}`);
    const pattern = textLiteral(value, name, position);
    const text = field.nullable === true ? sql`coalesce(${column}, '')` : column;
    return operator === "LIKE" ? dialect.like(text, pattern) : dialect.ilike(text, pattern);
  }
  const right = plainValue(value, name, field, position);
  return field.nullable === true
    ? present(field, compare(column, operator, right))
    : compare(column, operator, right);
}

function equals(literal: FilterLiteral, name: string, field: FieldSpec, position: number): SQL {
  const { column } = field;
  const isNull = sql`${column} is null`;
  if (literal.type === "null" && field.nullable === true) return isNull;
  const value = plainValue(literal, name, field, position);
  if (field.nullable !== true) return compare(column, "=", value);
  // An absent text is "" to callers.
  return value === "" ? isNull : present(field, compare(column, "=", value));
}

function present(field: FieldSpec, condition: SQL): SQL {
  return and(sql`${field.column} is not null`, condition) ?? condition;
}

function hasPredicate(term: Extract<Term, { type: "has" }>, context: PredicateContext): SQL {
  const { spec, probes } = context;
  const { field, position } = term;
  const value = textLiteral(term.value, field.name, position);
  if (field.key !== undefined)
    throw filterError(field.position, `HAS is for ${hasFields(spec)} alone, without a key`);
  if (field.name === "tags" && spec.tagged !== undefined) {
    const { from, columns } = probes.tagAssignments;
    const tagged = spec.tagged === "version" ? columns.versionId : columns.modelId;
    const where = and(sql`${tagged} = ${context.id}`, eq(columns.currentTag, value));
    return sql`exists (select 1 from ${from} where ${where})`;
  }
  const named = { ...field, key: value };
  if (field.name === "labels" || field.name === "metrics") return exists(named, undefined, context);
  if (Object.hasOwn(spec.fields, field.name)) {
    throw filterError(field.position, `HAS is for ${hasFields(spec)}; compare ${field.name} by = or LIKE`);
  }
  throw unknownField(field, spec);
}

function exists(field: FilterField, condition: SQL | undefined, { spec, probes, id }: PredicateContext): SQL {
  const { from, columns } = mapOf(field, spec) === "labels" ? probes.labels : probes.metricSeries;
  const where = and(sql`${columns.objectId} = ${id}`, eq(columns.key, field.key ?? ""), condition);
  return sql`exists (select 1 from ${from} where ${where})`;
}

function probedColumns({ labels, metricSeries }: Probes): Pick<Tables, "labels" | "metricSeries"> {
  return { labels: labels.columns, metricSeries: metricSeries.columns };
}

function unknownField(field: FilterField, spec: ListSpec<unknown>): Error {
  const maps = [spec.labelled === undefined ? "" : "labels.<key>", spec.metrics ? "metrics.<key>" : ""];
  const allowed = [...Object.keys(spec.fields), ...maps.filter((map) => map !== "")].join(", ");
  const has = hasFields(spec);
  const shown = field.key === undefined ? field.name : `${field.name}.${field.key}`;
  const hint = has === "" ? "" : `; with HAS: ${has}`;
  return filterError(field.position, `${spec.subject} have no field "${shown}"; there is ${allowed}${hint}`);
}

function hasFields(spec: ListSpec<unknown>): string {
  const names = [spec.tagged && "tags", spec.labelled && "labels", spec.metrics && "metrics"];
  return names.filter((name) => typeof name === "string").join(", ");
}

function typeName(field: FieldSpec): string {
  if (field.type === "id") return "an id";
  return field.type === "time" ? "a time" : "a number";
}
