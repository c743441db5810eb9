import type { Socket } from "node:net";
import { drizzle } from "drizzle-orm/pg-proxy";
import postgres from "postgres";
import type { Sql } from "postgres";
import type { QueryBuilder } from "../../session.ts";
import {
  CONNECT_LIMIT_MS,
  ConnectionLostError,
  GuardedConnection,
  LOCK_LIMIT_MS,
  STATEMENT_LIMIT_MS,
} from "../remote/connection.ts";
import type { OpenOptions, QueryListener, RemoteConnection } from "../remote/connection.ts";
import { tlsOptions } from "../remote/settings.ts";
import type { DatabaseSettings } from "../remote/settings.ts";
import { postgresFailureKind } from "./errors.ts";
import { connectSocket } from "./socket.ts";

/** How long a connection that ends waits for its last statement. */
const CLOSE_LIMIT_S = 5;

/**
 * Every query follows an index, as it does on SQLite. Statistics that are old, or of a small table, must not lead to a
 * plan that reads or sorts all of what has become large; without them its costs would look as if compiling it paid.
 */
const PLANS = ["seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort"]
  .map((name) => `SET enable_${name} = off; `)
  .join("");

/** What a connection sets, whatever the server's defaults are. */
function sessionSettings(statementLimitMs: number): string {
  return (
    `SET statement_timeout = ${statementLimitMs}; SET lock_timeout = ${LOCK_LIMIT_MS}; ` +
    // A server that was cut off must not keep its locks.
    `SET idle_in_transaction_session_timeout = ${STATEMENT_LIMIT_MS}; SET search_path = public; ` +
    // A page is too short for other processes to begin.
    `${PLANS}SET max_parallel_workers_per_gather = 0; SET jit = off; SET client_min_messages = warning`
  );
}

/** One connection, by prepared statements. The driver's own pool would run statements outside of transactions. */
export class PostgresConnection extends GuardedConnection implements RemoteConnection {
  readonly builder: QueryBuilder;
  readonly prepared = new Map<string, unknown>();
  readonly #sql: Sql;
  readonly #onQuery: QueryListener | undefined;
  #socket: Socket | undefined;

  private constructor({ settings, onQuery, statementLimitMs }: OpenOptions) {
    super(statementLimitMs);
    this.#onQuery = onQuery;
    const ssl = tlsOptions(settings);
    const config = {
      host: settings.host,
      port: settings.port,
      username: settings.username,
      password: settings.password,
      database: settings.dbname,
      ssl: ssl ?? false,
      max: 1,
      socket: () => this.#connect(settings),
      max_lifetime: null,
      idle_timeout: 0,
      connect_timeout: CONNECT_LIMIT_MS / 1000,
      fetch_types: false,
      connection: { application_name: "modelbox" },
      onnotice: () => undefined,
      onclose: () => this.markUnusable(),
    };
    // `socket` is missing from its types.
    this.#sql = postgres(config);
    const builder = drizzle((sql, params, method) => this.#answer(sql, params, method), {
      casing: "snake_case",
    });
    this.builder = builder as unknown as QueryBuilder;
  }

  static async open(options: OpenOptions): Promise<PostgresConnection> {
    const opened = new PostgresConnection(options);
    try {
      await opened.exec(sessionSettings(options.statementLimitMs ?? STATEMENT_LIMIT_MS));
      return opened;
    } catch (error) {
      opened.destroy();
      throw error;
    }
  }

  async exec(sql: string): Promise<void> {
    await this.guarded(() => this.#sql.unsafe(sql).simple());
  }

  async rows(sql: string, params: readonly unknown[] = []): Promise<unknown[][]> {
    return await this.#execute(sql, params);
  }

  async close(): Promise<void> {
    if (!this.usable) return;
    this.markUnusable();
    await this.#sql.end({ timeout: CLOSE_LIMIT_S });
  }

  destroy(): void {
    this.markUnusable();
    this.#socket?.destroy();
    this.#sql.end({ timeout: 0 }).catch(() => undefined);
  }

  protected isLost(error: unknown): boolean {
    return postgresFailureKind(error) === "lost";
  }

  /**
   * Once only. The driver would come back by itself: what a transaction has done would be gone, and its rest would run
   * alone. And while it connects it would come back without end.
   */
  async #connect(settings: DatabaseSettings): Promise<Socket> {
    if (this.#socket !== undefined) throw new ConnectionLostError("The server closed the connection.");
    this.#socket = await connectSocket(settings);
    return this.#socket;
  }

  async #answer(sql: string, params: readonly unknown[], method: string): Promise<{ rows: unknown[] }> {
    const begin = this.#onQuery === undefined ? 0 : performance.now();
    const result = await this.#execute(sql, params);
    this.#onQuery?.(sql, params, (performance.now() - begin) / 1000);
    return { rows: method === "all" ? result : [{ affectedRows: result.count }] };
  }

  #execute(sql: string, params: readonly unknown[]): Promise<unknown[][] & { readonly count: number }> {
    return this.guarded(async () => {
      const query = this.#sql.unsafe(sql, params as never[], { prepare: true });
      return await query.values();
    });
  }
}
