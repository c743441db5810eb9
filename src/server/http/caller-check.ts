import { DomainError } from "../../domain/errors.ts";
import { TRANSFER_CHECK_MS } from "../limits.ts";
import type { Authenticate } from "../interceptors/authenticate.ts";

/**
 * Looks again, while a transfer runs, whether who began it may still call. It never waits for the answer: with no timer and
 * no promise to wait for, it costs the many short requests nothing.
 */
export class CallerCheck {
  readonly #authenticate: Authenticate;
  readonly #headers: Headers;
  readonly #intervalMs: number;
  #lookedAt = performance.now();
  #refusal: DomainError | undefined;

  constructor(authenticate: Authenticate, headers: Headers, intervalMs: number = TRANSFER_CHECK_MS) {
    this.#authenticate = authenticate;
    this.#headers = headers;
    this.#intervalMs = intervalMs;
  }

  /** To be called with each piece of a body. Throws DomainError "unauthenticated" once the caller may not go on. */
  goOn(): void {
    if (this.#refusal !== undefined) throw this.#refusal;
    const now = performance.now();
    if (now - this.#lookedAt < this.#intervalMs) return;
    this.#lookedAt = now;
    void this.#look();
  }

  async #look(): Promise<void> {
    try {
      await this.#authenticate(this.#headers);
    } catch (error) {
      // A database that does not answer at the moment is no reason to send somebody away.
      if (error instanceof DomainError && error.kind === "unauthenticated") this.#refusal = error;
    }
  }
}
