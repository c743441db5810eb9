import { ChangeListeners } from "../../change-listeners.ts";
import { forKeys, inSlots } from "../../repositories/queries.ts";
import type { Session } from "../../session.ts";

/** How often the database is asked for the changes of other servers, while somebody listens. */
const POLL_MS = 250;

/**
 * Tells listeners of commits: those of this process at once, and those of other servers by looking at the counters of
 * the namespaces that somebody listens to. One that has been told is not told again.
 */
export class ChangePoller implements AsyncDisposable {
  readonly #read: <T>(work: (session: Session) => Promise<T>) => Promise<T>;
  readonly #listeners = new ChangeListeners();
  /** The last sequence number of each namespace that listeners were told of. */
  readonly #told = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(read: <T>(work: (session: Session) => Promise<T>) => Promise<T>) {
    this.#read = read;
  }

  add(namespaceId: string, listener: () => void): () => void {
    const remove = this.#listeners.add(namespaceId, listener);
    // What was committed before is told at the first look, once too often rather than never.
    this.#told.delete(namespaceId);
    this.#schedule();
    return () => {
      remove();
      if (!this.#listeners.has(namespaceId)) this.#told.delete(namespaceId);
      if (this.#listeners.namespaceIds.length === 0) this.#stop();
    };
  }

  /** After a commit of this process: the namespaces with new changes, and the last number of each. */
  committed(sequences: ReadonlyMap<string, number>): void {
    const fresh = [...sequences].filter(
      ([namespaceId, sequence]) =>
        this.#listeners.has(namespaceId) && (this.#told.get(namespaceId) ?? 0) < sequence,
    );
    for (const [namespaceId, sequence] of fresh) this.#told.set(namespaceId, sequence);
    this.#listeners.tell(fresh.map(([namespaceId]) => namespaceId));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#stop();
    await this.#looking;
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #schedule(): void {
    if (this.#closed || this.#timer !== undefined || this.#looking !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        if (this.#listeners.namespaceIds.length > 0) this.#schedule();
      });
    }, POLL_MS);
  }

  async #look(): Promise<void> {
    try {
      const ids = this.#listeners.namespaceIds;
      const counters = await this.#read(async (session) => {
        const { changeCounters } = session.tables;
        const build = (size: number) =>
          session.builder.select().from(changeCounters).where(inSlots(changeCounters.namespaceId, size));
        return (await forKeys(session, "changes.counters", ids, build)).flat();
      });
      this.committed(new Map(counters.map((row) => [row.namespaceId, row.lastSequence])));
    } catch {
      // The database does not answer, which others report; what is missed now is seen at the next look.
    }
  }
}
