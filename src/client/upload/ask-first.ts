/**
 * Decides whether a chunk is worth its SHA-256 before it is sent, to ask whether the server has it. On a line between
 * machines it always is. On one machine, sending costs less than the digest, which the server takes anyway: so once a
 * run of chunks was new to the server, the next ones go without, until one turns out to have been there; from then on
 * it takes a run of twice the length.
 */
export class AskFirst {
  readonly #isLocal: boolean;
  #runLength: number;
  #newInARow = 0;

  /** `isLocal`: the server is on this machine. `runLength`: so many new chunks in a row are enough at first. */
  constructor(isLocal: boolean, runLength: number) {
    this.#isLocal = isLocal;
    this.#runLength = runLength;
  }

  get isNeeded(): boolean {
    return !this.#isLocal || this.#newInARow < this.#runLength;
  }

  /** The server did not have a chunk. */
  wasNew(): void {
    this.#newInARow += 1;
  }

  /** The server had a chunk. */
  wasThere(): void {
    if (!this.isNeeded) this.#runLength *= 2;
    this.#newInARow = 0;
  }
}
