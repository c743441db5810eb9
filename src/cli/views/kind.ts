import { ObjectKind } from "../../gen/modelbox/v1/common_pb.ts";
import { enumName } from "./enum-name.ts";

/** A kind as the command line says it: `project`, `experiment`, … */
export function kindName(kind: ObjectKind): string {
  return kind === ObjectKind.NAMESPACE ? "project" : enumName(ObjectKind, kind);
}

/** The kind that is typed like this. */
export function kindOf(typed: string): ObjectKind {
  const name = (typed === "project" ? "namespace" : typed).toUpperCase();
  return Object.entries(ObjectKind).find(([key]) => key === name)?.[1] ?? ObjectKind.UNSPECIFIED;
}
