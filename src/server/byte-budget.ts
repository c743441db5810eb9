import { DomainError } from "../domain/errors.ts";

/** Bytes that all calls together may hold in memory. */
export class ByteBudget {
  readonly #maxBytes: number;
  #usedBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Throws DomainError "unavailable" when there is no room now; a single call always fits an unused budget. */
  take(bytes: number): void {
    if (this.#usedBytes + bytes > this.#maxBytes) {
      throw new DomainError(
        "unavailable",
        "SERVER_BUSY",
        "The server is receiving too many large requests at once; try again in a moment.",
      );
    }
    this.#usedBytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
