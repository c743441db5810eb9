import { DomainError } from "../../../domain/errors.ts";
import type { WriteTransactionOptions } from "../../../domain/metadata-store.ts";
import type { Session } from "../../session.ts";
import { closedError } from "../closed-error.ts";
import type { Connection } from "./connection.ts";
import { isBusy } from "./errors.ts";

/** Works that one commit takes at most. */
const MAX_GROUP_WORKS = 128;
/** Time after which a group takes no more works. */
const MAX_GROUP_MS = 20;
/** Works that wait at most; more are refused. */
const MAX_WAITING_WORKS = 10_000;
/** How long another process may hold the database's write lock, unless told otherwise. */
const BUSY_LIMIT_MS = 10_000;
const BUSY_PAUSE_MS = 10;

interface Job {
  readonly mayBeLost: boolean;
  run(session: Session): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** A work that has run, and what its caller is told once the group is committed. */
interface Outcome {
  readonly job: Job;
  readonly changedNamespaces: ReadonlyMap<string, number>;
  tell(): void;
}

/** The transaction of a group is gone before its commit, through the fault of one work. */
class GroupLostError extends Error {
  override readonly name = "GroupLostError";
}

export interface WriterQueueOptions {
  readonly connection: Connection;
  newSession(): Session;
  /** After a commit: the namespaces with new changes. */
  committed(namespaceIds: ReadonlySet<string>): void;
  /** What callers see instead of the database's own error. */
  translate(error: unknown): unknown;
  /** Default: 10,000. */
  readonly busyLimitMs?: number | undefined;
}

/**
 * Runs works one after another on the one connection that writes. What has queued up is committed together: each
 * work but the first in a savepoint of its own, so that one that fails takes only its own writes back, and all are told
 * once the commit is on disk (of works that may be lost: once the system has it). A commit waits for the disk on another
 * thread; works that arrive meanwhile make the next group.
 */
export class WriterQueue implements AsyncDisposable {
  readonly #options: WriterQueueOptions;
  readonly #waiting: Job[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: WriterQueueOptions) {
    this.#options = options;
  }

  add<T>(
    run: (session: Session) => Promise<T>,
    { mayBeLost = false }: WriteTransactionOptions = {},
  ): Promise<T> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#waiting.length >= MAX_WAITING_WORKS) {
      const message = "Too many writes are waiting for the database; try again.";
      return Promise.reject(new DomainError("unavailable", "DATABASE_BUSY", message));
    }
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ mayBeLost, run, resolve: (value) => resolve(value as T), reject });
      this.#running ??= this.#drain();
    });
  }

  /** Waits for the works that were added, then refuses more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #drain(): Promise<void> {
    // One turn of the event loop lets requests that arrived together be committed together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    try {
      while (this.#waiting.length > 0) await this.#runGroup();
    } finally {
      this.#running = undefined;
    }
  }

  async #runGroup(): Promise<void> {
    const outcomes: Outcome[] = [];
    const mayBeLost = this.#waiting[0]?.mayBeLost ?? false;
    try {
      await this.#begin(mayBeLost);
      this.#options.connection.beginTurn();
      const end = performance.now() + MAX_GROUP_MS;
      do {
        const job = this.#waiting.shift();
        if (job !== undefined) outcomes.push(await this.#runJob(job, outcomes.length === 0));
      } while (this.#mayJoin(mayBeLost) && outcomes.length < MAX_GROUP_WORKS && performance.now() < end);
      await this.#options.connection.commit();
    } catch (error) {
      this.#rollBack();
      // Those that had run in it are innocent: they run again, without the one that was told already.
      if (error instanceof GroupLostError) this.#waiting.unshift(...outcomes.map((outcome) => outcome.job));
      else for (const { job } of outcomes) job.reject(this.#options.translate(error));
      return;
    }
    this.#tell(outcomes);
  }

  /** Whether the next work may be committed with a group that may be lost, or may not. */
  #mayJoin(groupMayBeLost: boolean): boolean {
    const [next] = this.#waiting;
    return next !== undefined && (next.mayBeLost || !groupMayBeLost);
  }

  async #begin(mayBeLost: boolean): Promise<void> {
    const end = performance.now() + (this.#options.busyLimitMs ?? BUSY_LIMIT_MS);
    for (;;) {
      try {
        this.#options.connection.setWaitsForDisk(!mayBeLost);
        this.#options.connection.exec("BEGIN IMMEDIATE");
        return;
      } catch (error) {
        if (!isBusy(error) || performance.now() >= end) {
          this.#waiting.shift()?.reject(this.#options.translate(error));
          throw error;
        }
        await new Promise<void>((resolve) => setTimeout(resolve, BUSY_PAUSE_MS));
      }
    }
  }

  /** `first`: nothing in the transaction is older, so that a failure takes back all of it. */
  async #runJob(job: Job, first: boolean): Promise<Outcome> {
    const { connection } = this.#options;
    const session = this.#options.newSession();
    if (!first) connection.exec("SAVEPOINT work");
    try {
      const value = await job.run(session);
      session.end();
      if (!first) connection.exec("RELEASE work");
      return { job, changedNamespaces: session.changedNamespaces, tell: () => job.resolve(value) };
    } catch (error) {
      session.end();
      const translated = this.#options.translate(error);
      // A full disk or a failed read makes SQLite end the whole transaction, not only the savepoint.
      if (first || !connection.inTransaction) {
        job.reject(translated);
        throw new GroupLostError("the transaction ended before its commit", { cause: error });
      }
      connection.exec("ROLLBACK TO work");
      connection.exec("RELEASE work");
      // Told after the commit as well: what made it fail may be a write of the same group.
      return { job, changedNamespaces: new Map(), tell: () => job.reject(translated) };
    }
  }

  #rollBack(): void {
    try {
      if (this.#options.connection.inTransaction) this.#options.connection.exec("ROLLBACK");
    } catch {
      // The failure that led here is what callers are told; the next BEGIN reports a connection that is beyond use.
    }
  }

  #tell(outcomes: readonly Outcome[]): void {
    const namespaceIds = new Set<string>();
    for (const outcome of outcomes) {
      for (const id of outcome.changedNamespaces.keys()) namespaceIds.add(id);
      outcome.tell();
    }
    if (namespaceIds.size > 0) this.#options.committed(namespaceIds);
  }
}
