/** A write that takes longer did not just go to the system's memory, or this process had to wait for a processor. */
const SLOW_WRITE_MS = 50;
/** Slow writes, less one for every four quick ones, after which it is the storage that is slow. */
const MAX_SLOW_WRITES = 3;
const FORGIVEN_PER_QUICK_WRITE = 0.25;
/** How long writes go to other threads then. */
const SLOW_PERIOD_MS = 2_000;

/**
 * Decides where files are written. A write normally goes to the system's memory: that is quickest on this thread, and
 * holds no more of an upload in memory than the piece that has just arrived (docs/decisions/blob-path.md has the
 * figures). When storage can't keep up the system makes writers wait, and other threads must do that.
 */
export class WritePace {
  readonly #nowMs: () => number;
  #fastFromMs = 0;
  #slowWrites = 0;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  get isFast(): boolean {
    return this.#nowMs() >= this.#fastFromMs;
  }

  /** Runs a write, or the making of a file, on this thread, and notes how long it took. */
  measure<T>(write: () => T): T {
    const begin = this.#nowMs();
    try {
      return write();
    } finally {
      const end = this.#nowMs();
      if (end - begin <= SLOW_WRITE_MS)
        this.#slowWrites = Math.max(0, this.#slowWrites - FORGIVEN_PER_QUICK_WRITE);
      else this.#slowWrites += 1;
      if (this.#slowWrites >= MAX_SLOW_WRITES) {
        this.#slowWrites = 0;
        this.#fastFromMs = end + SLOW_PERIOD_MS;
      }
    }
  }
}
