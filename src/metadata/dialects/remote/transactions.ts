import { DomainError } from "../../../domain/errors.ts";
import type { LockMode, Session } from "../../session.ts";
import type { RemoteConnection } from "./connection.ts";
import type { RemoteDriver } from "./driver.ts";
import type { ConnectionPool } from "./pool.ts";

/** How long a work is run again while the database takes it back. */
const RETRY_LIMIT_MS = 20_000;
const FIRST_PAUSE_MS = 2;
const LAST_PAUSE_MS = 200;
/** How long a work is tried again whose connection was lost or can't be made. */
const LOSS_LIMIT_MS = 2_000;

export interface TransactionOptions {
  readonly driver: RemoteDriver;
  readonly pool: ConnectionPool;
  readonly newSession: (connection: RemoteConnection, locks: LockMode) => Session;
}

/** The COMMIT was sent, and its answer never came. */
class CommitUnknownError extends Error {
  override readonly name = "CommitUnknownError";
  /** True when the work remembered its request id: run again, it finds its own answer if the commit went through. */
  readonly resolvable: boolean;

  constructor(resolvable: boolean, cause: unknown) {
    super("the connection was lost while a transaction was committed", { cause });
    this.resolvable = resolvable;
  }
}

/** Runs works in transactions, and again where the database took one back. */
export class Transactions {
  readonly #options: TransactionOptions;

  constructor(options: TransactionOptions) {
    this.#options = options;
  }

  async read<T>(work: (session: Session) => Promise<T>): Promise<T> {
    return await this.#repeated(async () => {
      const { driver, pool, newSession } = this.#options;
      return await pool.use(async (connection) => {
        connection.forget();
        // Not waited for: what fails here fails the first query as well.
        const begun = connection.begin(driver.beginRead);
        begun.catch(() => undefined);
        const session = newSession(connection, "none");
        try {
          return await work(session);
        } finally {
          session.end();
          connection.endSoon();
        }
      });
    });
  }

  /** `committed` gets the session of the run that was committed. */
  async write<T>(work: (session: Session) => Promise<T>, committed: (session: Session) => void): Promise<T> {
    let locks: LockMode = "objects";
    return await this.#repeated(async () => {
      try {
        return await this.#options.pool.use((connection) =>
          this.#writeOnce(connection, locks, work, committed),
        );
      } catch (error) {
        if (locks === "all" || !mayBeRace(this.#options.driver.translate(error))) throw error;
        // What it saw may have changed before it wrote. Now it locks all that it reads, so the answer is final.
        locks = "all";
        throw new RunAgainError(error);
      }
    });
  }

  async #writeOnce<T>(
    connection: RemoteConnection,
    locks: LockMode,
    work: (session: Session) => Promise<T>,
    committed: (session: Session) => void,
  ): Promise<T> {
    const { driver, newSession } = this.#options;
    connection.forget();
    try {
      await connection.begin(driver.beginWrite);
    } catch (error) {
      // It may have begun all the same, and the next one must not go on inside of it.
      connection.destroy();
      throw error;
    }
    const session = newSession(connection, locks);
    let result: T;
    try {
      result = await work(session);
      // A work may have caught the failure of a statement, after which PostgreSQL commits nothing.
      if (connection.failure !== undefined) throw connection.failure;
    } catch (error) {
      session.end();
      if (connection.usable) await connection.exec("ROLLBACK").catch(() => connection.destroy());
      throw error;
    }
    session.end();
    try {
      await connection.exec("COMMIT");
    } catch (error) {
      const lost = driver.kindOf(error) === "lost";
      connection.destroy();
      throw lost ? new CommitUnknownError(session.remembersRequest, error) : error;
    }
    committed(session);
    return result;
  }

  async #repeated<T>(run: () => Promise<T>): Promise<T> {
    const { driver } = this.#options;
    const begin = performance.now();
    let pauseMs = FIRST_PAUSE_MS;
    for (;;) {
      try {
        return await run();
      } catch (error) {
        if (error instanceof RunAgainError) continue;
        const kind = error instanceof CommitUnknownError ? "lost" : driver.kindOf(error);
        const elapsedMs = performance.now() - begin;
        if (error instanceof CommitUnknownError && !(error.resolvable && elapsedMs < LOSS_LIMIT_MS)) {
          throw commitUnknown(error);
        }
        if (kind === "again" && elapsedMs >= RETRY_LIMIT_MS) throw tookBack(error);
        if (kind !== "again" && !(kind === "lost" && elapsedMs < LOSS_LIMIT_MS))
          throw driver.translate(error);
        await new Promise<void>((resolve) => setTimeout(resolve, pauseMs * (0.5 + Math.random())));
        pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS);
      }
    }
  }
}

/** The work is run again at once. */
class RunAgainError extends Error {
  override readonly name = "RunAgainError";

  constructor(cause: unknown) {
    super("a work is run again under locks", { cause });
  }
}

/** True for answers that another transaction may have caused between what the work read and what it wrote. */
function mayBeRace(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  return error.kind === "conflict" || error.kind === "already_exists" || error.reason === "PARENT_OR_CHILD";
}

function tookBack(cause: unknown): DomainError {
  const message = "The database is too busy with changes to the same objects; try again.";
  return new DomainError("unavailable", "DATABASE_CONTENTION", message, { cause });
}

function commitUnknown(cause: unknown): DomainError {
  const message =
    "The connection to the database was lost while the change was stored, so it may or may not be there; " +
    "a retry with the same request id is safe.";
  return new DomainError("unavailable", "COMMIT_UNKNOWN", message, { cause });
}
