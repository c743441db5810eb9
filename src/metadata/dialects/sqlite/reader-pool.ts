import { DomainError } from "../../../domain/errors.ts";
import { closedError } from "../closed-error.ts";
import type { Connection } from "./connection.ts";

/** Snapshots that are open at the same time at most; more reads wait. */
const MAX_READERS = 8;
/** Reads that wait at most; more are refused. */
const MAX_WAITING_READS = 10_000;

interface Waiter {
  resolve(connection: Connection): void;
  reject(error: unknown): void;
}

/** Lends connections that only read, opened when first needed. */
export class ReaderPool implements AsyncDisposable {
  readonly #open: () => Connection;
  readonly #idle: Connection[] = [];
  readonly #lent = new Set<Connection>();
  readonly #waiting: Waiter[] = [];
  #drained: (() => void) | undefined;
  #closed = false;

  constructor(open: () => Connection) {
    this.#open = open;
  }

  /** Runs work in a snapshot of its own. */
  async use<T>(work: (connection: Connection) => Promise<T>): Promise<T> {
    const connection = await this.#take();
    try {
      connection.beginTurn();
      connection.exec("BEGIN");
      try {
        return await work(connection);
      } finally {
        connection.exec("ROLLBACK");
      }
    } finally {
      this.#giveBack(connection);
    }
  }

  /** Waits for the reads that have begun, then refuses more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closedError());
    if (this.#lent.size > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    for (const connection of this.#idle.splice(0)) connection[Symbol.dispose]();
  }

  #take(): Connection | Promise<Connection> {
    if (this.#closed) throw closedError();
    const connection = this.#idle.pop() ?? (this.#lent.size < MAX_READERS ? this.#open() : undefined);
    if (connection !== undefined) {
      this.#lent.add(connection);
      return connection;
    }
    if (this.#waiting.length >= MAX_WAITING_READS) {
      const message = "Too many reads are waiting for the database; try again.";
      throw new DomainError("unavailable", "DATABASE_BUSY", message);
    }
    return new Promise<Connection>((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #giveBack(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next !== undefined) {
      next.resolve(connection);
      return;
    }
    this.#lent.delete(connection);
    this.#idle.push(connection);
    if (this.#closed && this.#lent.size === 0) this.#drained?.();
  }
}
