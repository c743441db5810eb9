import Database from "libsql";
import AsyncDatabase from "libsql/promise";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import type { QueryBuilder } from "../../session.ts";

/** Statements that a connection keeps ready. */
const MAX_STATEMENTS = 512;
/** How long a transaction may keep the thread before others get a turn. */
const MAX_TURN_MS = 8;

type Statement = Database.Statement;
interface Ready {
  readonly statement: Statement;
  readonly reads: boolean;
}

/** Called after each statement; for tests and slow-query logs. */
export type QueryListener = (sql: string, params: readonly unknown[], seconds: number) => void;

export interface ConnectionOptions {
  /** A file, or ":memory:". */
  readonly path: string;
  /** Run one by one when the connection is opened. */
  readonly pragmas: readonly string[];
  readonly onQuery?: QueryListener | undefined;
}

/**
 * One connection to a database file. Uses libsql, the engine inside `@libsql/client`, and not that client, which
 * prepares every statement anew: measured, a read by key took 31 µs through the client and 4 µs with the statement
 * kept. libsql's calls run on the calling thread, so a long transaction lets others have a turn between statements;
 * a commit, which waits for the disk, runs on another thread.
 */
export class Connection implements Disposable {
  readonly builder: QueryBuilder;
  /** Queries that were built for this connection. */
  readonly prepared = new Map<string, unknown>();
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Ready>();
  readonly #onQuery: QueryListener | undefined;
  readonly #inMemory: boolean;
  #turnBegan = 0;
  #waitsForDisk: boolean | undefined;

  constructor(options: ConnectionOptions) {
    this.#database = new Database(options.path);
    this.#onQuery = options.onQuery;
    this.#inMemory = options.path === ":memory:";
    // The place of the batch callback is left empty: drizzle reads `casing` from the third argument alone.
    this.builder = drizzle((sql, params, method) => this.#answer(sql, params, method), undefined, {
      casing: "snake_case",
    });
    try {
      for (const pragma of options.pragmas) this.#database.exec(`PRAGMA ${pragma}`);
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  get inTransaction(): boolean {
    return this.#database.open && this.#database.inTransaction;
  }

  /** A transaction begins: from here on its statements have MAX_TURN_MS before others get a turn. */
  beginTurn(): void {
    this.#turnBegan = performance.now();
  }

  /** Whether commits from now on wait until they are on disk. Not to be called in a transaction. */
  setWaitsForDisk(waits: boolean): void {
    if (this.#waitsForDisk === waits) return;
    // SQLite obeys when the statement is prepared, so it can't be one that is kept.
    this.#database.exec(`PRAGMA synchronous = ${waits ? "FULL" : "NORMAL"}`);
    this.#waitsForDisk = waits;
  }

  /** Runs one statement without results. */
  exec(sql: string): void {
    this.#ready(sql).statement.run([]);
  }

  /**
   * Commits on another thread, since it waits for the disk. Nothing else may use the connection meanwhile. In memory
   * there is nothing to wait for.
   */
  async commit(): Promise<void> {
    if (this.#inMemory) {
      this.exec("COMMIT");
      return;
    }
    // Both classes hold the same native handle in `db`; only the other one has calls that leave this thread.
    await AsyncDatabase.prototype.exec.call(this.#database, "COMMIT");
    // The answer comes in a callback from native code, inside which no other such answer can arrive: those who were
    // waiting go on outside of it, lest one that turns the event loop itself (as bun:test does) waits forever.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }

  /** All rows, as arrays of column values; whole numbers are bigints. */
  rows(sql: string, params: readonly unknown[] = []): unknown[][] {
    return this.#ready(sql).statement.all([...params]) as unknown[][];
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.prepared.clear();
    if (this.#database.open) this.#database.close();
  }

  async #answer(
    sql: string,
    params: unknown[],
    method: string,
  ): Promise<{ rows: unknown[]; rowsAffected: number }> {
    if (performance.now() - this.#turnBegan > MAX_TURN_MS) {
      await new Promise<void>((resolve) => setImmediate(resolve));
      this.beginTurn();
    }
    if (this.#onQuery === undefined) return this.#execute(sql, params, method);
    const begin = performance.now();
    try {
      return this.#execute(sql, params, method);
    } finally {
      this.#onQuery(sql, params, (performance.now() - begin) / 1000);
    }
  }

  #execute(sql: string, params: unknown[], method: string): { rows: unknown[]; rowsAffected: number } {
    for (const param of params) checkParam(param);
    const { statement, reads } = this.#ready(sql);
    if (!reads) return { rows: [], rowsAffected: statement.run(params).changes };
    if (method === "get") return { rows: statement.get(params) as unknown[], rowsAffected: 0 };
    return { rows: statement.all(params), rowsAffected: 0 };
  }

  #ready(sql: string): Ready {
    const known = this.#statements.get(sql);
    if (known !== undefined) {
      this.#statements.delete(sql);
      this.#statements.set(sql, known);
      return known;
    }
    const statement = this.#database.prepare(sql);
    const reads = statement.reader;
    if (reads) statement.raw(true).safeIntegers(true);
    if (this.#statements.size >= MAX_STATEMENTS) {
      const oldest = this.#statements.keys().next();
      if (!oldest.done) this.#statements.delete(oldest.value);
    }
    const ready = { statement, reads };
    this.#statements.set(sql, ready);
    return ready;
  }
}

/** libsql ends the process when it is given a value of another type. */
function checkParam(param: unknown): void {
  if (param === null) return;
  if (typeof param === "string" || typeof param === "bigint") return;
  if (typeof param === "number" && Number.isFinite(param)) return;
  if (param instanceof Uint8Array) return;
  throw new TypeError(
    `${typeof param === "number" ? param : `A value of type ${typeof param}`} can't be stored in a column.`,
  );
}
