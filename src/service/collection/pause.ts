import type { ServiceContext } from "../context.ts";
import { SWEEP_JOB } from "./collect.ts";

/** How long a pause is kept at a time; when its process dies, collection goes on after so long. */
const HOLD_MS = 5 * 60_000;
const RENEW_MS = 60_000;

/**
 * Keeps chunks that are in use now from being removed: nobody does the job that removes them. One that runs already is not
 * stopped; what it may still remove was condemned before.
 */
export class CollectionPause implements AsyncDisposable {
  readonly #context: Pick<ServiceContext, "metadata" | "clock">;
  readonly #holder = `pause:${crypto.randomUUID()}`;
  #renewAtMs = 0;

  constructor(context: Pick<ServiceContext, "metadata" | "clock">) {
    this.#context = context;
  }

  /** Begins or prolongs it. To be called at least every few minutes. */
  readonly keep = async (): Promise<void> => {
    if (performance.now() < this.#renewAtMs) return;
    this.#renewAtMs = performance.now() + RENEW_MS;
    const { metadata, clock } = this.#context;
    await metadata.write((tx) => {
      const now = clock.nowMicros();
      return tx.jobs.hold(SWEEP_JOB, this.#holder, now, now + HOLD_MS * 1000);
    });
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.metadata.write((tx) => tx.jobs.release(SWEEP_JOB, this.#holder));
  }
}
