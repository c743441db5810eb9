import { READS_AFTER_SLOW_ONE, SLOW_READ_MS } from "../transfer/limits.ts";

/**
 * Decides where small files are read. What the system has in its memory comes quickest on this thread: handing a file
 * over to another thread and back takes several times as long as reading it. When one has to come from a disk or a network, the
 * next ones are read by other threads, several at once.
 */
export class ReadPace {
  readonly #nowMs: () => number;
  #slowLeft = 0;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** Whether to read the next file on this thread. */
  isFast(): boolean {
    if (this.#slowLeft === 0) return true;
    this.#slowLeft -= 1;
    return false;
  }

  /** Runs a read on this thread, and notes how long it took. */
  measure<T>(read: () => T): T {
    const begin = this.#nowMs();
    try {
      return read();
    } finally {
      if (this.#nowMs() - begin > SLOW_READ_MS) this.#slowLeft = READS_AFTER_SLOW_ONE;
    }
  }
}
