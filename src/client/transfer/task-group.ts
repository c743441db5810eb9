/**
 * Tasks that succeed or fail together: the first failure, or the caller's signal, aborts `signal` for all of them.
 * How many run at once is for the tasks to limit.
 */
export class TaskGroup implements Disposable {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal | undefined;
  readonly #onParentAbort = () => this.fail(this.#parent?.reason);
  #running = 0;
  #onIdle: (() => void) | undefined;

  constructor(parent?: AbortSignal) {
    this.#parent = parent;
    if (parent?.aborted === true) this.fail(parent.reason);
    parent?.addEventListener("abort", this.#onParentAbort, { once: true });
  }

  /** Ends when a task fails or the caller wants it. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts a task and does not wait for it. */
  start(task: () => Promise<void>): void {
    this.#running += 1;
    void this.#follow(task);
  }

  /** Ends all tasks; the first reason wins. */
  fail(reason: unknown): void {
    if (!this.signal.aborted) this.#controller.abort(reason);
  }

  /** Waits until no task runs, then throws the first failure if there was one. Tasks may start others meanwhile. */
  async settle(): Promise<void> {
    while (this.#running > 0) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      this.#onIdle = () => resolve(undefined);
      await promise;
    }
    this.signal.throwIfAborted();
  }

  [Symbol.dispose](): void {
    this.#parent?.removeEventListener("abort", this.#onParentAbort);
  }

  async #follow(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this.fail(error);
    } finally {
      this.#running -= 1;
      if (this.#running === 0) this.#onIdle?.();
    }
  }
}
