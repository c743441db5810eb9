import { AbortedByCallerError, ConnectionError } from "../errors.ts";

/**
 * Ends a request when nothing happens for too long, or when a parent signal ends. One listener per request and parent,
 * removed with it: a transfer makes a great many of them under one signal.
 */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #parents: readonly AbortSignal[];
  readonly #timeoutMs: number;
  readonly #address: string;
  readonly #onParentAbort = () =>
    this.#controller.abort(this.#parents.find((parent) => parent.aborted)?.reason);
  #timer: ReturnType<typeof setTimeout>;

  constructor(address: string, timeoutMs: number, ...parents: readonly AbortSignal[]) {
    this.#parents = parents;
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    if (parents.some((parent) => parent.aborted)) this.#onParentAbort();
    for (const parent of parents) parent.addEventListener("abort", this.#onParentAbort, { once: true });
    this.#timer = setTimeout(() => this.#expire(), timeoutMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something has happened: the time begins anew. */
  extend(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#expire(), this.#timeoutMs);
  }

  /** Ends the request now. */
  end(): void {
    this.#controller.abort(new AbortedByCallerError("The request was ended."));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const parent of this.#parents) parent.removeEventListener("abort", this.#onParentAbort);
  }

  #expire(): void {
    const seconds = this.#timeoutMs / 1000;
    const message = `${this.#address} sent nothing for ${seconds} s; check the network, then try again.`;
    this.#controller.abort(new ConnectionError(message, { address: this.#address, maybeSeen: true }));
  }
}
