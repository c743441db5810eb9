import { sql } from "drizzle-orm";
import type { MetadataReader, MetadataStore, MetadataWriter } from "../../../domain/metadata-store.ts";
import { requireNoCopy } from "../../unfinished-copy.ts";
import { createRepositories } from "../../repositories/index.ts";
import { Session } from "../../session.ts";
import type { LockMode, ScanBudget } from "../../session.ts";
import { ChangePoller } from "./change-poller.ts";
import type { RemoteConnection } from "./connection.ts";
import type { RemoteDriver } from "./driver.ts";
import { ConnectionPool } from "./pool.ts";
import { Transactions } from "./transactions.ts";

export interface RemoteStoreOptions {
  readonly driver: RemoteDriver;
  readonly poolSize: number;
  /** How long one statement may take. Default: STATEMENT_LIMIT_MS. */
  readonly statementLimitMs?: number | undefined;
  /** What a list may spend when no index serves its filter. Default: SCAN_BUDGET_ROWS and SCAN_BUDGET_MS. */
  readonly scanBudget?: ScanBudget | undefined;
}

/** Metadata in a database server, which other servers may use at the same time. Its schema must be there. */
export class RemoteMetadataStore implements MetadataStore {
  readonly #options: RemoteStoreOptions;
  readonly #pool: ConnectionPool;
  readonly #transactions: Transactions;
  readonly #changes: ChangePoller;
  #disposed: Promise<void> | undefined;

  constructor(options: RemoteStoreOptions) {
    this.#options = options;
    const { driver, poolSize, statementLimitMs } = options;
    const pool = new ConnectionPool({
      open: () => driver.open(statementLimitMs),
      isFull: (error) => driver.kindOf(error) === "full",
      size: poolSize,
    });
    this.#pool = pool;
    const newSession = (connection: RemoteConnection, locks: LockMode) => this.#session(connection, locks);
    this.#transactions = new Transactions({ driver, pool, newSession });
    this.#changes = new ChangePoller((work) => this.#transactions.read(work));
  }

  async read<T>(work: (tx: MetadataReader) => Promise<T>): Promise<T> {
    return await this.#transactions.read((session) => work(createRepositories(session)));
  }

  async write<T>(work: (tx: MetadataWriter) => Promise<T>): Promise<T> {
    return await this.#transactions.write(
      (session) => work(createRepositories(session)),
      (session) => this.#changes.committed(session.changedNamespaces),
    );
  }

  onChanges(namespaceId: string, listener: () => void): () => void {
    return this.#changes.add(namespaceId, listener);
  }

  async check(): Promise<void> {
    const { tables, address } = this.#options.driver;
    await this.#transactions.read(async (session) => {
      await session.run(
        session.builder
          .select({ one: sql`1` })
          .from(tables.changeCounters)
          .limit(1),
      );
      await requireNoCopy(session, address);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    await this.#disposed;
  }

  #session({ builder, prepared }: RemoteConnection, locks: LockMode): Session {
    const { driver, scanBudget } = this.#options;
    const { tables, dialect } = driver;
    return new Session({ builder, prepared, tables, dialect, scanBudget, locks });
  }

  async #dispose(): Promise<void> {
    await this.#changes[Symbol.asyncDispose]();
    await this.#pool[Symbol.asyncDispose]();
  }
}
