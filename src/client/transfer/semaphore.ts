interface Waiter {
  readonly amount: number;
  readonly enter: () => void;
}

/**
 * Lets holders in until their amounts reach the capacity; the others wait in order. One whose signal has ended meanwhile
 * fails when its turn comes: holders end soon after their common signal does, and a listener for each of thousands that
 * wait would cost more than all of their work.
 */
export class Semaphore {
  readonly #capacity: number;
  readonly #waiters: Waiter[] = [];
  /** Where the first of the waiters is; those before it have been let in. */
  #first = 0;
  #held = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Waits for room. More than the capacity counts as the capacity, so that it comes in alone. Give back what it returns. */
  async acquire(amount: number, signal: AbortSignal): Promise<number> {
    signal.throwIfAborted();
    const wanted = Math.min(amount, this.#capacity);
    if (this.#first === this.#waiters.length && this.#held + wanted <= this.#capacity) {
      this.#held += wanted;
      return wanted;
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#waiters.push({ amount: wanted, enter: () => resolve(undefined) });
    await promise;
    if (signal.aborted) this.release(wanted);
    signal.throwIfAborted();
    return wanted;
  }

  /** Makes room. */
  release(amount: number): void {
    this.#held -= amount;
    for (;;) {
      const next = this.#waiters[this.#first];
      if (next === undefined || this.#held + next.amount > this.#capacity) break;
      this.#first += 1;
      this.#held += next.amount;
      next.enter();
    }
    // Half of the list is history: dropping it now costs each waiter one move at most.
    if (this.#first * 2 > this.#waiters.length) {
      this.#waiters.splice(0, this.#first);
      this.#first = 0;
    }
  }
}
