import type { Clock } from "../domain/clock.ts";
import type { Logger } from "../observability/logger.ts";
import type { Admission } from "./admission.ts";
import { READINESS_CACHE_MS, READINESS_TIMEOUT_MS } from "./limits.ts";

/** What readiness looks at. */
export interface ReadinessChecks {
  readonly metadata: { check(): Promise<void> };
  readonly blobs: { check(): Promise<void> };
}

/** Whether the server takes calls, and what stands in the way. */
export interface ReadinessReport {
  readonly ready: boolean;
  readonly checks: Readonly<Record<"metadata" | "blobs" | "accepting", "ok" | "failing">>;
}

/** Asks the storage, at most once in READINESS_CACHE_MS however many ask. */
export class Readiness {
  readonly #checks: ReadinessChecks;
  readonly #admission: Admission;
  readonly #clock: Clock;
  readonly #log: Logger;
  #answer: { readonly at: number; readonly storage: Promise<StorageState> } | undefined;

  constructor(checks: ReadinessChecks, admission: Admission, clock: Clock, log: Logger) {
    this.#checks = checks;
    this.#admission = admission;
    this.#clock = clock;
    this.#log = log;
  }

  /** Aborted when the answer turns to "not ready" for good. */
  get draining(): AbortSignal {
    return this.#admission.draining;
  }

  async report(): Promise<ReadinessReport> {
    const accepting = this.#admission.draining.aborted ? "failing" : "ok";
    const { metadata, blobs } = await this.#storage();
    const ready = accepting === "ok" && metadata === "ok" && blobs === "ok";
    return { ready, checks: { metadata, blobs, accepting } };
  }

  #storage(): Promise<StorageState> {
    const now = this.#clock.nowMicros();
    if (this.#answer === undefined || now - this.#answer.at > READINESS_CACHE_MS * 1000) {
      this.#answer = { at: now, storage: this.#askStorage() };
    }
    return this.#answer.storage;
  }

  async #askStorage(): Promise<StorageState> {
    const [metadata, blobs] = await Promise.all([this.#ask("metadata"), this.#ask("blobs")]);
    return { metadata, blobs };
  }

  async #ask(name: "metadata" | "blobs"): Promise<"ok" | "failing"> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`No answer within ${READINESS_TIMEOUT_MS} ms.`)),
      READINESS_TIMEOUT_MS,
    );
    try {
      await Promise.race([this.#checks[name].check(), late.promise]);
      return "ok";
    } catch (error) {
      this.#log.warn({ storage: name, err: error }, "storage check failed");
      return "failing";
    } finally {
      clearTimeout(timer);
    }
  }
}

interface StorageState {
  readonly metadata: "ok" | "failing";
  readonly blobs: "ok" | "failing";
}
