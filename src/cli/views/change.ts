import { ChangeAction, type Change } from "../../gen/modelbox/v1/change_service_pb.ts";
import { formatTime } from "../output/format.ts";
import { enumName } from "./enum-name.ts";
import { kindName } from "./kind.ts";

/** `2026-11-23T12:33:01Z  #12  tag-set version:langtech/lid@3 production  by anonymous`. */
export function changeLine(change: Change): string {
  const what = [
    enumName(ChangeAction, change.action),
    `${kindName(change.kind)}:${change.objectPath}`,
    subject(change),
  ];
  return [
    formatTime(change.time),
    `#${change.sequence}`,
    what.filter(Boolean).join(" "),
    `by ${change.actor}`,
  ].join("  ");
}

/** What the change is about, where that is not the object itself. */
function subject({ state }: Change): string {
  switch (state.case) {
    case "tag":
      return state.value.tag;
    case "artifact":
      return state.value.name;
    case "event":
      return state.value.name;
    case "edge":
      return `${state.value.source} ${state.value.relation}`;
    case "lease":
      return `by ${state.value.holder}`;
    default:
      return "";
  }
}
