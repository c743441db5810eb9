import { DomainError } from "../domain/errors.ts";

/**
 * Counts what runs, and refuses what is new once the server drains or is full. Health and metrics are not counted: they
 * answer to the end.
 */
export class Admission {
  readonly #draining = new AbortController();
  readonly #maxRunning: number;
  #running = 0;
  #whenIdle: (() => void) | undefined;

  constructor(maxRunning: number) {
    this.#maxRunning = maxRunning;
  }

  /** Aborted when the server begins to drain. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get running(): number {
    return this.#running;
  }

  /** Throws DomainError "unavailable" when a new call can't be taken. Returns how to end it; ending twice is no error. */
  enter(): () => void {
    if (this.#draining.signal.aborted) throw shuttingDown();
    if (this.#running >= this.#maxRunning) {
      throw new DomainError(
        "unavailable",
        "SERVER_BUSY",
        `The server runs ${this.#running} calls already; try again in a moment.`,
      );
    }
    this.#running += 1;
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#running -= 1;
      if (this.#running === 0) this.#whenIdle?.();
    };
  }

  /** Refuses new calls from now on, and waits until none runs; false when some still ran after the timeout. */
  async drain(timeoutMs: number): Promise<boolean> {
    this.#draining.abort(shuttingDown());
    if (this.#running === 0) return true;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), timeoutMs);
    this.#whenIdle = () => resolve(true);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#whenIdle = undefined;
    }
  }
}

/** What is refused, or ended early, because the server drains. */
export function shuttingDown(): DomainError {
  return new DomainError(
    "unavailable",
    "SHUTTING_DOWN",
    "The server is shutting down; try again in a moment.",
  );
}
