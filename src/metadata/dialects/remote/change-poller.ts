import { sql } from "drizzle-orm";
import { ChangeListeners } from "../../change-listeners.ts";
import type { Session } from "../../session.ts";

/** How often the database is asked for the changes of other servers, while somebody listens. */
const POLL_MS = 250;

/**
 * Tells listeners of commits: those of this process at once, and those of other servers by looking at the counters of
 * the namespaces. One that has been told is not told again.
 */
export class ChangePoller implements AsyncDisposable {
  readonly #read: <T>(work: (session: Session) => Promise<T>) => Promise<T>;
  readonly #listeners = new ChangeListeners();
  /** The last sequence number of each namespace that listeners were told of. */
  readonly #told = new Map<string, number>();
  /** Sum of all counters at the last look; undefined before the first. */
  #sum: number | undefined;
  #count = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(read: <T>(work: (session: Session) => Promise<T>) => Promise<T>) {
    this.#read = read;
  }

  add(listener: (namespaceIds: ReadonlySet<string>) => void): () => void {
    const remove = this.#listeners.add(listener);
    this.#count += 1;
    if (this.#count === 1 && !this.#closed) this.#begin();
    let removed = false;
    return () => {
      if (removed) return;
      removed = true;
      remove();
      this.#count -= 1;
      if (this.#count === 0) clearTimeout(this.#timer);
    };
  }

  /** After a commit of this process: the namespaces with new changes, and the last number of each. */
  committed(sequences: ReadonlyMap<string, number>): void {
    const fresh = new Set<string>();
    for (const [namespaceId, sequence] of sequences) {
      if ((this.#told.get(namespaceId) ?? 0) >= sequence) continue;
      this.#told.set(namespaceId, sequence);
      fresh.add(namespaceId);
    }
    if (fresh.size > 0) this.#listeners.tell(fresh);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** What was committed before somebody listened is told at the first look, once too often rather than never. */
  #begin(): void {
    this.#sum = undefined;
    this.#schedule();
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#looking ??= this.#look().finally(() => {
        this.#looking = undefined;
        if (this.#count > 0 && !this.#closed) this.#schedule();
      });
    }, POLL_MS);
  }

  async #look(): Promise<void> {
    try {
      const counters = await this.#read(async (session) => {
        // Numbers only grow, so that an equal sum says that nothing has changed: one row is read instead of all.
        const [total] = await session.prepared(
          "changes.sum",
          () =>
            session.builder
              .select({ sum: sql`coalesce(sum(last_sequence), 0)`.mapWith(Number) })
              .from(session.tables.changeCounters),
          {},
        );
        const sum = total?.sum ?? 0;
        if (sum === this.#sum) return [];
        this.#sum = sum;
        return await session.prepared(
          "changes.counters",
          () => session.builder.select().from(session.tables.changeCounters),
          {},
        );
      });
      this.committed(new Map(counters.map((row) => [row.namespaceId, row.lastSequence])));
    } catch {
      // The database does not answer, which others report; what is missed now is seen at the next look.
      this.#sum = undefined;
    }
  }
}
