/** Somebody pressed Ctrl-C, or answered no. */
export class InterruptedError extends Error {
  override readonly name = "InterruptedError";
}

/**
 * Tells of the first Ctrl-C (or other signal), so that what runs can give back what it holds. The handler is gone then:
 * a second one ends the process at once.
 */
export class Interruption implements Disposable {
  readonly #controller = new AbortController();
  readonly #onSignal = (): void => {
    this[Symbol.dispose]();
    this.#controller.abort(new InterruptedError("Interrupted."));
  };
  readonly #signals: readonly NodeJS.Signals[];

  constructor(signals: readonly NodeJS.Signals[] = ["SIGINT"]) {
    this.#signals = signals;
    for (const signal of signals) process.on(signal, this.#onSignal);
  }

  /** Aborted by the first of them. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) process.removeListener(signal, this.#onSignal);
  }
}
