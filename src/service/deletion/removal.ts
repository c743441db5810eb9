import { failedPrecondition, type DomainError } from "../../domain/errors.ts";
import { MAX_OBJECTS_PER_RECURSIVE_DELETE } from "../../domain/limits.ts";
import type { Mutation } from "../mutation.ts";
import { recordObject, type ObjectState } from "../record.ts";

/** One delete call: its transaction, and how many objects it has deleted. */
export interface Removal {
  readonly mutation: Mutation;
  /** Stores the change row of a deleted object. Throws when the call has deleted too many. */
  deleted(state: ObjectState): Promise<void>;
}

/** Begins a delete call. */
export function startRemoval(mutation: Mutation, maxObjects = MAX_OBJECTS_PER_RECURSIVE_DELETE): Removal {
  let count = 0;
  return {
    mutation,
    async deleted(state) {
      count += 1;
      if (count > maxObjects) {
        throw failedPrecondition(
          "TOO_MANY_OBJECTS",
          `One call deletes at most ${maxObjects} objects, and there are more; delete some of the parts first.`,
          { max_objects: String(maxObjects) },
        );
      }
      await recordObject(mutation, "deleted", state);
    },
  };
}

/** The error for an object that has content, when the call is not recursive. */
export function notEmpty(
  kind: string,
  path: string,
  content: string,
  remedy = "delete them first",
): DomainError {
  return failedPrecondition(
    "NOT_EMPTY",
    `The ${kind} "${path}" has ${content}; ${remedy}, or delete recursively (--recursive).`,
    { kind, name: path },
  );
}
