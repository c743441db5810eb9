import type { ScanBudget } from "../session.ts";

/** The part of a call's time in which rows may be looked at; the rest is for reading what is shown of those that match. */
const LOOKING_SHARE = 0.9;
/** The part of the time left that a step is planned to take: its rows may be slower than those before. */
const STEP_SHARE = 0.5;
/** How long a step is planned to take at most: nothing stops it once it runs, and others wait for it. */
const MAX_STEP_MS = 25;
/** A step of fewer rows is not worth its queries. */
const MIN_STEP_ROWS = 16;

/** Measures how long a row takes, and says how many fit into the time that is left to a list call. */
export class Pace {
  readonly #now: () => number;
  readonly #endsAt: number;
  #msPerRow = 0;

  constructor({ milliseconds, now = () => performance.now() }: ScanBudget) {
    this.#now = now;
    this.#endsAt = now() + milliseconds * LOOKING_SHARE;
  }

  /** Runs a step, to learn from it; `looked` says how many rows it looked at. */
  async measure<T>(run: () => Promise<T>, looked: (step: T) => number): Promise<T> {
    const begin = this.#now();
    const step = await run();
    const measured = (this.#now() - begin) / Math.max(looked(step), 1);
    // Slower rows count at once, faster ones bit by bit.
    this.#msPerRow = Math.max(measured, (this.#msPerRow + measured) / 2);
    return step;
  }

  /** How many rows the next step may look at, up to `most`; 0 when the time is spent. */
  rows(most: number): number {
    const left = (this.#endsAt - this.#now()) * STEP_SHARE;
    if (left <= 0) return 0;
    const fitting = Math.floor(left / this.#msPerRow);
    const short = Math.max(Math.floor(MAX_STEP_MS / this.#msPerRow), MIN_STEP_ROWS);
    return fitting < MIN_STEP_ROWS ? 0 : Math.min(most, fitting, short);
  }
}
