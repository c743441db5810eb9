import type { BaseSQLiteDatabase } from "drizzle-orm/sqlite-core";
import { SCAN_BUDGET_MS, SCAN_BUDGET_ROWS } from "../domain/limits.ts";
import type { Dialect } from "./dialects/dialect.ts";
import type { Tables } from "./tables.ts";

/** Drizzle's query builder; typed by SQLite, as the schema is. */
export type QueryBuilder = BaseSQLiteDatabase<"async", unknown>;

interface Runnable<T> {
  execute(values?: Record<string, unknown>): Promise<T>;
}

interface Preparable<T> {
  prepare(): Runnable<T>;
}

/** What a list may spend when no index serves its filter. */
export interface ScanBudget {
  readonly rows: number;
  readonly milliseconds: number;
  /** The clock, in milliseconds. Default: the process's. */
  readonly now?: (() => number) | undefined;
}

/**
 * What a transaction locks of the named objects that it reads, so that they are as they were when it ends: nothing,
 * all but namespaces (which nearly every transaction reads, and few change), or all.
 */
export type LockMode = "none" | "objects" | "all";

/** What lasts as long as a connection: its query builder, and the queries that were built for it. */
export interface SessionOptions {
  readonly builder: QueryBuilder;
  readonly tables: Tables;
  readonly dialect: Dialect;
  readonly prepared: Map<string, unknown>;
  /** Default: SCAN_BUDGET_ROWS and SCAN_BUDGET_MS. */
  readonly scanBudget?: ScanBudget | undefined;
  /** Default: "none", for transactions that are alone or only read. */
  readonly locks?: LockMode | undefined;
}

/**
 * One transaction, as repositories see it. A query that a work left behind when it failed must not run in the
 * transaction of the next work, so everything goes through `run` or `prepared`, and both refuse after the end.
 */
export class Session {
  readonly tables: Tables;
  readonly dialect: Dialect;
  readonly builder: QueryBuilder;
  readonly scanBudget: ScanBudget;
  readonly locks: LockMode;
  readonly #prepared: Map<string, unknown>;
  /** Namespaces with new changes, and the last number of each; listeners are told once they are committed. */
  readonly changedNamespaces = new Map<string, number>();
  /** True once the answer of a call is stored in the transaction: then the call can be run again without harm. */
  remembersRequest = false;
  #ended = false;

  constructor(options: SessionOptions) {
    this.tables = options.tables;
    this.dialect = options.dialect;
    this.builder = options.builder;
    this.scanBudget = options.scanBudget ?? { rows: SCAN_BUDGET_ROWS, milliseconds: SCAN_BUDGET_MS };
    this.locks = options.locks ?? "none";
    this.#prepared = options.prepared;
  }

  /** Runs a query that is built for this one call. */
  async run<T>(query: PromiseLike<T>): Promise<T> {
    this.#checkOpen();
    return await query;
  }

  /**
   * Runs a query that is built once per connection, with placeholders. The name says which query it is, so it must
   * differ wherever the built query would.
   */
  prepared<T>(name: string, build: () => Preparable<T>, values: Record<string, unknown>): Promise<T> {
    this.#checkOpen();
    let query = this.#prepared.get(name) as Runnable<T> | undefined;
    if (query === undefined) {
      query = build().prepare();
      this.#prepared.set(name, query);
    }
    return query.execute(values);
  }

  /** Runs a query that the caller has prepared for a few calls of its own. */
  execute<T>(query: Runnable<T>, values: Record<string, unknown>): Promise<T> {
    this.#checkOpen();
    return query.execute(values);
  }

  /** Ends it: from now on every query is refused. */
  end(): void {
    this.#ended = true;
  }

  #checkOpen(): void {
    if (this.#ended) throw new Error("A query was made after its transaction had ended.");
  }
}
