import { DomainError } from "../../../domain/errors.ts";
import { closedError } from "../closed-error.ts";
import type { RemoteConnection } from "./connection.ts";

/** How long a transaction waits for a connection, unless told otherwise. */
const WAIT_LIMIT_MS = 10_000;
/** Transactions that wait for a connection at most; more are refused. */
const MAX_WAITING = 10_000;

export interface PoolOptions {
  open(): Promise<RemoteConnection>;
  /** True for an error of `open` that says that the server takes no more connections. */
  isFull(error: unknown): boolean;
  readonly size: number;
  /** Default: 10 s. */
  readonly waitLimitMs?: number | undefined;
}

interface Waiter {
  resolve(connection: RemoteConnection): void;
  reject(error: unknown): void;
}

/** Lends connections, opened when first needed. Those that were lost are replaced. */
export class ConnectionPool implements AsyncDisposable {
  readonly #options: PoolOptions;
  readonly #idle: RemoteConnection[] = [];
  readonly #waiting: Waiter[] = [];
  /** Lent or being opened. */
  #busy = 0;
  #drained: (() => void) | undefined;
  #closed = false;

  constructor(options: PoolOptions) {
    this.#options = options;
  }

  async use<T>(work: (connection: RemoteConnection) => Promise<T>): Promise<T> {
    const connection = await this.#take();
    try {
      return await work(connection);
    } finally {
      this.#giveBack(connection);
    }
  }

  /** Waits for the works that have begun, then refuses more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiting.splice(0)) waiter.reject(closedError());
    if (this.#busy > 0) await new Promise<void>((resolve) => (this.#drained = resolve));
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
  }

  async #take(): Promise<RemoteConnection> {
    if (this.#closed) throw closedError();
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (idle.usable) {
        this.#busy += 1;
        return idle;
      }
    }
    if (this.#busy >= this.#options.size) return await this.#wait();
    this.#busy += 1;
    try {
      return await this.#options.open();
    } catch (error) {
      this.#left();
      // Other servers have the rest: those that this one holds will do.
      if (this.#options.isFull(error) && this.#busy > 0) return await this.#wait();
      throw error;
    }
  }

  #wait(): Promise<RemoteConnection> {
    if (this.#waiting.length >= MAX_WAITING) throw busyError();
    const { promise, resolve, reject } = Promise.withResolvers<RemoteConnection>();
    const waiter = { resolve, reject };
    const timer = setTimeout(() => {
      const index = this.#waiting.indexOf(waiter);
      if (index >= 0) this.#waiting.splice(index, 1);
      reject(busyError());
    }, this.#options.waitLimitMs ?? WAIT_LIMIT_MS);
    this.#waiting.push(waiter);
    return promise.finally(() => clearTimeout(timer));
  }

  #giveBack(connection: RemoteConnection): void {
    const next = this.#waiting.shift();
    if (connection.usable && next !== undefined) {
      next.resolve(connection);
      return;
    }
    if (connection.usable) this.#idle.push(connection);
    this.#left();
    if (next !== undefined)
      this.#take().then(
        (fresh) => next.resolve(fresh),
        (error: unknown) => next.reject(error),
      );
  }

  #left(): void {
    this.#busy -= 1;
    if (this.#closed && this.#busy === 0) this.#drained?.();
  }
}

function busyError(): DomainError {
  const message = "Too many calls are waiting for the database; try again, or raise pool_size.";
  return new DomainError("unavailable", "DATABASE_BUSY", message);
}
