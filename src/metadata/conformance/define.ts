import { expect } from "bun:test";
import type { ErrorKind } from "../../domain/errors.ts";
import { DomainError } from "../../domain/errors.ts";
import type { MetadataStore } from "../../domain/metadata-store.ts";

/** Defines one test, which gets an empty store of its own. */
export type Define = (title: string, body: (store: MetadataStore) => Promise<void>) => void;

/** Expects a DomainError of a kind, and returns it. */
export async function fails(promise: Promise<unknown>, kind: ErrorKind): Promise<DomainError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof DomainError))
    throw new Error(`expected a DomainError ${kind}, got ${String(error)}`);
  expect(error.kind).toBe(kind);
  return error;
}

/** An item that is there. */
export function nth<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}
