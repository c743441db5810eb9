import { drizzle } from "drizzle-orm/mysql-proxy";
import { createConnection, TypedParameter } from "mysql2";
import type { Connection } from "mysql2";
import type { QueryBuilder } from "../../session.ts";
import { mysqlFailureKind } from "./errors.ts";
import { CONNECT_LIMIT_MS, GuardedConnection, LOCK_LIMIT_MS } from "../remote/connection.ts";
import type { OpenOptions, QueryListener, RemoteConnection } from "../remote/connection.ts";
import { tlsOptions } from "../remote/settings.ts";

/** Statements that a connection keeps prepared. The server has a limit for all connections together. */
const MAX_STATEMENTS = 200;

/**
 * What a connection sets, whatever the server's defaults are. Refused rather than cut: a text that is too long. A
 * backslash escapes in the few literals that queries have.
 */
const SESSION =
  "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,NO_ENGINE_SUBSTITUTION', " +
  `SESSION innodb_lock_wait_timeout = ${LOCK_LIMIT_MS / 1000}; ` +
  "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/** What a statement without rows did. */
interface Written {
  readonly affectedRows: number;
}

/** One connection, by prepared statements. */
export class MysqlConnection extends GuardedConnection implements RemoteConnection {
  readonly builder: QueryBuilder;
  readonly prepared = new Map<string, unknown>();
  readonly #connection: Connection;
  readonly #onQuery: QueryListener | undefined;

  private constructor(connection: Connection, { onQuery, statementLimitMs }: OpenOptions) {
    super(statementLimitMs);
    this.#connection = connection;
    this.#onQuery = onQuery;
    const lost = () => this.markUnusable();
    // Without a listener, an error while nobody uses the connection would end the process.
    connection.on("error", lost);
    connection.on("end", lost);
    const builder = drizzle((sql, params) => this.#answer(sql, params), { casing: "snake_case" });
    this.builder = builder as unknown as QueryBuilder;
  }

  static async open(options: OpenOptions): Promise<MysqlConnection> {
    const { settings } = options;
    const ssl = tlsOptions(settings);
    const connection = createConnection({
      host: settings.host,
      port: settings.port,
      user: settings.username,
      password: settings.password,
      database: settings.dbname,
      charset: "utf8mb4",
      connectTimeout: Math.min(CONNECT_LIMIT_MS, options.statementLimitMs ?? CONNECT_LIMIT_MS),
      enableKeepAlive: true,
      rowsAsArray: true,
      supportBigNumbers: true,
      maxPreparedStatements: MAX_STATEMENTS,
      // For the statements that begin a transaction; prepared ones can't be several.
      multipleStatements: true,
      // A write that changes nothing says so.
      flags: ["-FOUND_ROWS"],
      ...(ssl === undefined ? {} : { ssl: { ...ssl, verifyIdentity: ssl.rejectUnauthorized } }),
    });
    const opened = new MysqlConnection(connection, options);
    try {
      await new Promise<void>((resolve, reject) =>
        connection.connect((error) => (error === null ? resolve() : reject(error))),
      );
      await opened.exec(SESSION);
      return opened;
    } catch (error) {
      opened.destroy();
      throw error;
    }
  }

  exec(sql: string): Promise<void> {
    return this.guarded(
      () =>
        new Promise<void>((resolve, reject) =>
          this.#connection.query(sql, (error) => (error === null ? resolve() : reject(error))),
        ),
    );
  }

  async rows(sql: string, params: readonly unknown[] = []): Promise<unknown[][]> {
    return (await this.#execute(sql, params)) as unknown[][];
  }

  async close(): Promise<void> {
    if (!this.usable) return;
    this.markUnusable();
    await new Promise<void>((resolve) => this.#connection.end(() => resolve()));
  }

  destroy(): void {
    this.markUnusable();
    this.#connection.destroy();
  }

  protected isLost(error: unknown): boolean {
    return mysqlFailureKind(error) === "lost";
  }

  async #answer(sql: string, params: readonly unknown[]): Promise<{ rows: unknown[] }> {
    const begin = this.#onQuery === undefined ? 0 : performance.now();
    const result = await this.#execute(sql, params);
    this.#onQuery?.(sql, params, (performance.now() - begin) / 1000);
    return { rows: Array.isArray(result) ? result : [result] };
  }

  #execute(sql: string, params: readonly unknown[]): Promise<unknown[] | Written> {
    return this.guarded(
      () =>
        new Promise((resolve, reject) =>
          this.#connection.execute(sql, params.map(parameter) as never[], (error, result) =>
            error === null ? resolve(result as unknown as unknown[] | Written) : reject(error),
          ),
        ),
    );
  }
}

/** Whole numbers as such: MariaDB does not say which are expected, and a double is compared as one. */
function parameter(value: unknown): unknown {
  if (typeof value === "bigint" || (typeof value === "number" && Number.isSafeInteger(value))) {
    return TypedParameter.BIGINT(value);
  }
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value === null || typeof value === "string" || typeof value === "number") return value;
  throw new TypeError(`A value of type ${typeof value} can't be stored in a column.`);
}
