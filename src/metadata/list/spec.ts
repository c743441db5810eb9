import type { SQL } from "drizzle-orm";
import type { SQLiteColumn as Column, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { LabelledKind } from "../../domain/entities.ts";

/** How a plain field is compared. */
export type FieldType = "id" | "text" | "whole" | "big" | "time";

/** A plain field that filters can name. */
export interface FieldSpec {
  readonly column: Column;
  readonly type: FieldType;
  /** True when an absent value is null in the database. */
  readonly nullable?: boolean;
  /** True when lists can be ordered by it; every scope then has an index on (scope, column, id). */
  readonly orderable?: boolean;
  /** True when no two rows of one parent have the same value, so that none are told apart by their ids. */
  readonly unique?: boolean;
  /** Where an index finds rows by this field. */
  readonly indexed?: "always" | "in parent";
}

/** What a list of one kind of rows is made of. */
export interface ListSpec<E> {
  /** For messages, in the plural. */
  readonly subject: string;
  readonly table: SQLiteTable;
  readonly id: Column;
  /** The field of the creation time: what lists fall back to. */
  readonly created: FieldSpec;
  /** Undefined where there is no such scope. */
  readonly parent: Column | undefined;
  readonly namespace: Column | undefined;
  readonly fields: Readonly<Record<string, FieldSpec>>;
  /** Kind of the objects when they carry labels. */
  readonly labelled: LabelledKind | undefined;
  /** True when their metrics can be searched. */
  readonly metrics: boolean;
  /** How tag assignments name them; undefined when they carry no tags. */
  readonly tagged: "version" | "model" | undefined;
  fromRow(row: Record<string, unknown>): E;
}

/** Rows that a list looks at: conditions on the scope's columns. */
export interface Scope {
  readonly type: "all" | "namespace" | "parent";
  /** Undefined for "all". */
  readonly id: string | undefined;
  /** The column that says which rows are in it. */
  readonly column: Column | undefined;
  /** That it has the id. */
  readonly condition: SQL | undefined;
}
