import { MAX_REMEMBERED_LEASES, REMEMBER_LEASE_MS } from "./flow-limits.ts";

/**
 * Upload leases that were found good a moment ago, so that not each of an upload's chunks asks again before its body is
 * read. The transaction that records a chunk looks at the lease itself in any case.
 */
export class LeaseMemory {
  readonly #nowMs: () => number;
  readonly #goodUntilMs = new Map<string, number>();

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  isGood(key: string): boolean {
    return (this.#goodUntilMs.get(key) ?? 0) > this.#nowMs();
  }

  remember(key: string): void {
    this.#goodUntilMs.delete(key);
    this.#goodUntilMs.set(key, this.#nowMs() + REMEMBER_LEASE_MS);
    for (const oldest of this.#goodUntilMs.keys()) {
      if (this.#goodUntilMs.size <= MAX_REMEMBERED_LEASES) return;
      this.#goodUntilMs.delete(oldest);
    }
  }
}
