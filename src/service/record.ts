import type { ChangeAction, ChangeState } from "../domain/views.ts";
import type { Mutation } from "./mutation.ts";

/** The states that are objects themselves. */
export type ObjectState = Extract<
  ChangeState,
  { readonly type: "namespace" | "experiment" | "checkpoint" | "model" | "version" | "artifact" }
>;

/** Stores the change row of an object that was created, updated or deleted. */
export function recordObject(
  mutation: Mutation,
  action: Extract<ChangeAction, "created" | "updated" | "deleted">,
  state: ObjectState,
): Promise<void> {
  return mutation.record({
    namespaceId: state.type === "namespace" ? state.value.id : state.value.namespaceId,
    kind: state.type,
    objectId: state.value.id,
    objectPath: pathOfState(state),
    action,
    state,
  });
}

function pathOfState(state: ObjectState): string {
  switch (state.type) {
    case "namespace":
      return state.value.name;
    case "artifact":
      return state.value.objectPath;
    case "experiment":
    case "checkpoint":
    case "model":
    case "version":
      return state.value.path;
  }
}
