import type { Versioned } from "../domain/entities.ts";
import { conflict } from "../domain/errors.ts";

const ID_DIGITS = 12;

/** Changes with every update, and differs between an object and a later one of the same name. */
export function etagOf(entity: Pick<Versioned, "id" | "revision">): string {
  return `${entity.revision}-${entity.id.slice(-ID_DIGITS)}`;
}

/** Throws "conflict" when an etag is given and is not the object's current one. */
export function requireEtag(entity: Pick<Versioned, "id" | "revision">, path: string, etag: string): void {
  if (etag === "" || etag === etagOf(entity)) return;
  throw conflict(
    "ETAG_MISMATCH",
    `"${path}" was changed by somebody else; get it again, then repeat the change with its new etag.`,
    { path, etag: etagOf(entity) },
  );
}

/** The entity as its next revision. */
export function nextRevision<E extends Versioned>(entity: E, changes: NoInfer<Partial<E>>, now: number): E {
  return { ...entity, ...changes, revision: entity.revision + 1, updatedAt: now };
}
