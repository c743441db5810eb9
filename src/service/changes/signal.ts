import type { MetadataStore } from "../../domain/metadata-store.ts";

/** Tells one watcher that its namespace may have changed. */
export interface ChangeSignal extends Disposable {
  /** Forgets what was signalled so far; call it before reading. */
  reset(): void;
  /** Settles when the namespace changed since `reset`, the abort signal fired, or the time is over. */
  wait(timeoutMs: number): Promise<void>;
}

/** Listens to the commits of this process for one namespace until it is disposed. */
export function changeSignal(metadata: MetadataStore, namespaceId: string, abort: AbortSignal): ChangeSignal {
  let signalled = false;
  let wake: (() => void) | undefined;
  const signal = () => {
    signalled = true;
    wake?.();
  };
  const stop = metadata.onChanges(namespaceId, signal);
  abort.addEventListener("abort", signal);
  return {
    reset() {
      signalled = false;
    },
    async wait(timeoutMs) {
      if (signalled || abort.aborted) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, timeoutMs);
      try {
        await promise;
      } finally {
        wake = undefined;
        clearTimeout(timer);
      }
    },
    [Symbol.dispose]() {
      stop();
      abort.removeEventListener("abort", signal);
    },
  };
}
