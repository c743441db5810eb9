import { DomainError } from "../../domain/errors.ts";
import type { MetadataReader, MetadataStore, MetadataWriter } from "../../domain/metadata-store.ts";

/**
 * Told of every transaction ("read", "write": from the call to the commit) and of every call inside one, by name
 * (`experiments.list`). `ok` is false when the database failed, not when it answered that something is wrong.
 */
export type Observe = (operation: string, seconds: number, ok: boolean) => void;

/** A store that reports how long everything takes, for metrics and slow-query logs. */
export function observedMetadataStore(store: MetadataStore, observe: Observe): MetadataStore {
  return {
    read: (work) => timed("read", observe, () => store.read((tx) => work(observedReader(tx, observe)))),
    write: (work, options) =>
      timed("write", observe, () => store.write((tx) => work(observedReader(tx, observe)), options)),
    onChanges: (namespaceId, listener) => store.onChanges(namespaceId, listener),
    check: () => timed("check", observe, () => store.check()),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

type Call = (...args: unknown[]) => Promise<unknown>;

/** Wraps what a transaction offers, as far as it is used. */
function observedReader<T extends MetadataReader | MetadataWriter>(tx: T, observe: Observe): T {
  const wrapped = new Map<PropertyKey, unknown>();
  return new Proxy(tx, {
    get(target, name) {
      let repository = wrapped.get(name);
      if (repository === undefined) {
        repository = observedRepository(String(name), Reflect.get(target, name) as object, observe);
        wrapped.set(name, repository);
      }
      return repository;
    },
  });
}

function observedRepository(repository: string, target: object, observe: Observe): object {
  return new Proxy(target, {
    get(object, method) {
      const call: unknown = Reflect.get(object, method, object);
      if (typeof call !== "function") return call;
      return (...args: unknown[]) =>
        timed(`${repository}.${String(method)}`, observe, () => (call as Call).apply(object, args));
    },
  });
}

async function timed<T>(operation: string, observe: Observe, run: () => Promise<T>): Promise<T> {
  const begin = performance.now();
  try {
    const result = await run();
    observe(operation, (performance.now() - begin) / 1000, true);
    return result;
  } catch (error) {
    observe(operation, (performance.now() - begin) / 1000, isAnswer(error));
    throw error;
  }
}

/** True when the failure is what the database was asked for, and not its own. */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof DomainError)) return false;
  return error.kind !== "unavailable" && error.kind !== "data_loss" && error.kind !== "resource_exhausted";
}
