import type { MetadataStore } from "../domain/metadata-store.ts";
import { DomainError } from "../domain/errors.ts";
import { QUOTA_EXCEEDED } from "../service/quotas.ts";
import type { DatabaseOutcome, Metrics } from "../observability/metrics.ts";

/** A decorator: the store, with the time of each transaction, and what quotas refuse, in the metrics. Does not own the store. */
export function measureMetadata(
  store: MetadataStore,
  metrics: Pick<Metrics, "observeDatabase" | "quotaRefused">,
): MetadataStore {
  async function measured<T>(operation: string, run: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let outcome: DatabaseOutcome = "ok";
    try {
      return await run();
    } catch (error) {
      if (error instanceof DomainError && error.reason === QUOTA_EXCEEDED) metrics.quotaRefused();
      outcome = error instanceof DomainError && error.kind !== "unavailable" ? "rolled_back" : "error";
      throw error;
    } finally {
      metrics.observeDatabase(operation, outcome, (performance.now() - startedAt) / 1000);
    }
  }
  return {
    read: (work) => measured("read", () => store.read(work)),
    write: (work, options) => measured("write", () => store.write(work, options)),
    onChanges: (namespaceId, listener) => store.onChanges(namespaceId, listener),
    check: () => measured("check", () => store.check()),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
