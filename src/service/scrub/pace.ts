import type { TransferLoad } from "../blobs/transfers.ts";

/** How long it waits, at most, after each chunk while somebody uploads or downloads. */
const MAX_ASIDE_MS = 2_000;
const LOOK_AGAIN_MS = 50;

/** Keeps work at a speed, and out of the way of transfers. */
export class Pace {
  readonly #bytesPerSecond: number;
  readonly #load: TransferLoad;
  readonly #signal: AbortSignal;
  #nextAtMs = performance.now();

  constructor(bytesPerSecond: number, load: TransferLoad, signal: AbortSignal) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#load = load;
    this.#signal = signal;
  }

  /** Waits until so many bytes were allowed. What was not used is lost: there are no bursts. */
  async after(bytes: number): Promise<void> {
    const now = performance.now();
    this.#nextAtMs = Math.max(this.#nextAtMs, now) + (bytes / this.#bytesPerSecond) * 1000;
    const asideUntilMs = now + MAX_ASIDE_MS;
    for (;;) {
      const time = performance.now();
      const isAside = this.#load.isBusy && time < asideUntilMs;
      const waitMs = Math.max(this.#nextAtMs - time, isAside ? LOOK_AGAIN_MS : 0);
      if (waitMs <= 0 || this.#signal.aborted) return;
      await Bun.sleep(Math.min(waitMs, LOOK_AGAIN_MS));
    }
  }
}
