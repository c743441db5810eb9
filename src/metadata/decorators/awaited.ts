import { DomainError } from "../../domain/errors.ts";
import type {
  MetadataReader,
  MetadataStore,
  MetadataWriter,
  WriteTransactionOptions,
} from "../../domain/metadata-store.ts";

const FIRST_PAUSE_MS = 250;
const LAST_PAUSE_MS = 5_000;

/** Told of each failed try; `final` is true when a later one can't do better by itself. */
export type ReportWaiting = (error: unknown, final: boolean) => void;

/**
 * A store whose database may be down when it is opened: then it is tried again until it is there, and meanwhile every
 * call throws DomainError "unavailable". What a later try can't mend is thrown if it happens at the first; afterwards
 * it is reported, and tried again as somebody may mend it.
 */
export async function awaitedMetadataStore(
  open: () => Promise<MetadataStore>,
  report: ReportWaiting,
): Promise<MetadataStore> {
  try {
    return await open();
  } catch (error) {
    if (!isUnavailable(error)) throw error;
    report(error, false);
    return new AwaitedStore(open, report, error);
  }
}

class AwaitedStore implements MetadataStore {
  readonly #stopped = new AbortController();
  readonly #opening: Promise<void>;
  readonly #listeners = new Map<symbol, { readonly namespaceId: string; readonly listener: () => void }>();
  readonly #stops = new Map<symbol, () => void>();
  #store: MetadataStore | undefined;
  #failure: unknown;

  constructor(open: () => Promise<MetadataStore>, report: ReportWaiting, failure: unknown) {
    this.#failure = failure;
    this.#opening = this.#open(open, report);
  }

  async read<T>(work: (tx: MetadataReader) => Promise<T>): Promise<T> {
    return await this.#opened().read(work);
  }

  async write<T>(work: (tx: MetadataWriter) => Promise<T>, options?: WriteTransactionOptions): Promise<T> {
    return await this.#opened().write(work, options);
  }

  onChanges(namespaceId: string, listener: () => void): () => void {
    const key = Symbol("listener");
    if (this.#store === undefined) this.#listeners.set(key, { namespaceId, listener });
    else this.#stops.set(key, this.#store.onChanges(namespaceId, listener));
    return () => {
      this.#listeners.delete(key);
      this.#stops.get(key)?.();
      this.#stops.delete(key);
    };
  }

  async check(): Promise<void> {
    await this.#opened().check();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#opening;
    await this.#store?.[Symbol.asyncDispose]();
  }

  #opened(): MetadataStore {
    if (this.#store !== undefined) return this.#store;
    const detail = this.#failure instanceof Error ? this.#failure.message : "try again later.";
    const message = `The server waits for its database: ${detail}`;
    throw new DomainError("unavailable", "DATABASE_UNAVAILABLE", message, { cause: this.#failure });
  }

  async #open(open: () => Promise<MetadataStore>, report: ReportWaiting): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
      await pause(pauseMs, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      try {
        const store = await open();
        for (const [key, { namespaceId, listener }] of this.#listeners)
          this.#stops.set(key, store.onChanges(namespaceId, listener));
        this.#listeners.clear();
        this.#store = store;
        return;
      } catch (error) {
        this.#failure = error;
        report(error, !isUnavailable(error));
      }
    }
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof DomainError && error.kind === "unavailable";
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    }
  });
}
