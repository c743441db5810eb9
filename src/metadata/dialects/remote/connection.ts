import type { QueryBuilder } from "../../session.ts";
import type { DatabaseSettings } from "./settings.ts";

/** How long one statement may take, lock waits included, before its connection is given up. */
export const STATEMENT_LIMIT_MS = 30_000;
/** How long it may take to connect. */
export const CONNECT_LIMIT_MS = 10_000;
/** How long a statement waits for a lock before its transaction is taken back and tried again. */
export const LOCK_LIMIT_MS = 5_000;

/** How long a transaction that only read may stay open when no other begins on its connection. */
const READ_END_MS = 10;

/** What both kinds of connections are opened with. */
export interface OpenOptions {
  readonly settings: DatabaseSettings;
  readonly onQuery?: QueryListener | undefined;
  /** Default: STATEMENT_LIMIT_MS. */
  readonly statementLimitMs?: number | undefined;
}

/** Called after each statement; for tests and slow-query logs. */
export type QueryListener = (sql: string, params: readonly unknown[], seconds: number) => void;

/** One connection to a database server. Statements run in the order in which they were given. */
export interface RemoteConnection {
  readonly builder: QueryBuilder;
  /** Queries that were built for this connection. */
  readonly prepared: Map<string, unknown>;
  /** False once it is lost, closed or given up: then every statement is refused. */
  readonly usable: boolean;
  /** The first failure of a statement since `forget`. A transaction that had one must not be committed. */
  readonly failure: Error | undefined;
  forget(): void;
  /** Runs statements without parameters, and without looking at what they return. */
  exec(sql: string): Promise<void>;
  /** Begins a transaction by this statement, and ends the one that `endSoon` has left. */
  begin(sql: string): Promise<void>;
  /** Ends a transaction that only read: with the first statement of the next one, or after a moment by itself. */
  endSoon(): void;
  /** All rows, as arrays of column values. */
  rows(sql: string, params?: readonly unknown[]): Promise<unknown[][]>;
  /** Ends it politely. Safe to call twice. */
  close(): Promise<void>;
  /** Ends it at once; running statements fail. */
  destroy(): void;
}

/** The connection is gone, so nobody knows how its last statement ended. */
export class ConnectionLostError extends Error {
  override readonly name = "ConnectionLostError";
}

/** What both kinds of connections do around each statement. */
export abstract class GuardedConnection {
  readonly #statementLimitMs: number;
  #failure: Error | undefined;
  #usable = true;
  #ending: ReturnType<typeof setTimeout> | undefined;

  constructor(statementLimitMs = STATEMENT_LIMIT_MS) {
    this.#statementLimitMs = statementLimitMs;
  }

  get usable(): boolean {
    return this.#usable;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  forget(): void {
    this.#failure = undefined;
  }

  abstract exec(sql: string): Promise<void>;

  abstract destroy(): void;

  /** True for an error of a statement after which the connection is of no use. */
  protected abstract isLost(error: unknown): boolean;

  begin(sql: string): Promise<void> {
    if (this.#ending === undefined) return this.exec(sql);
    this.#dontEnd();
    return this.exec(`COMMIT; ${sql}`);
  }

  // A COMMIT of its own would be a message more for each side to write, to wake up for and to read.
  endSoon(): void {
    if (!this.#usable) return;
    this.#ending = setTimeout(() => {
      this.#ending = undefined;
      this.exec("COMMIT").catch(() => this.destroy());
    }, READ_END_MS);
  }

  #dontEnd(): void {
    clearTimeout(this.#ending);
    this.#ending = undefined;
  }

  /** Every statement from now on is refused: the driver would run it on a new connection, outside of the transaction. */
  protected markUnusable(): void {
    this.#usable = false;
    this.#dontEnd();
  }

  /** Runs one statement under the time limit, and remembers its failure. */
  protected async guarded<T>(run: () => Promise<T>): Promise<T> {
    if (!this.#usable) throw new ConnectionLostError("The connection to the database was lost.");
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      late.reject(new ConnectionLostError(`A statement took longer than ${this.#statementLimitMs} ms.`));
      this.destroy();
    }, this.#statementLimitMs);
    try {
      return await Promise.race([run(), late.promise]);
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      // A driver that tells the statement need not tell anybody else that the connection is gone.
      if (this.#usable && this.isLost(error)) this.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}
