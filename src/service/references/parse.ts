import type { ObjectKind } from "../../domain/entities.ts";
import { isId } from "../../domain/ids.ts";
import { nameProblem, splitObject, splitReference } from "../../domain/names.ts";

/** What names an object of a namespace: its id, or its path. */
export type ChildReference =
  | { readonly type: "id"; readonly id: string }
  /** `namespace` is an id or a name. */
  | { readonly type: "path"; readonly namespace: string; readonly name: string };

/** What names an experiment, or all experiments of a namespace (`namespace/-`). Models likewise. */
export type ParentReference = ChildReference | { readonly type: "all"; readonly namespace: string };

/** What names a checkpoint. The name `latest` is the last committed one. */
export type CheckpointReference =
  | { readonly type: "id"; readonly id: string }
  | { readonly type: "path"; readonly experiment: ChildReference; readonly name: string };

/** What names a model version; `version` is a version or a unique tag. */
export type VersionReference =
  | { readonly type: "id"; readonly id: string }
  | { readonly type: "path"; readonly model: ChildReference; readonly version: string };

/** What names an object of any kind. */
export type ObjectReference =
  | { readonly kind: "namespace"; readonly reference: string }
  | { readonly kind: "experiment"; readonly reference: ChildReference }
  | { readonly kind: "checkpoint"; readonly reference: CheckpointReference }
  | { readonly kind: "model"; readonly reference: ChildReference }
  | { readonly kind: "version"; readonly reference: VersionReference }
  | { readonly kind: "artifact"; readonly reference: string };

/** A value, or what is wrong with the text. */
export type Parsed<T> = { readonly value: T } | { readonly problem: string };

/** Where a reference stands for all children of a namespace. */
const ALL = "-";

/** Id or name. */
export function parseNamespaceReference(text: string): Parsed<string> {
  const problem = nameProblem(text);
  return problem === undefined ? { value: text } : { problem };
}

/** Id or `namespace/name`. */
export function parseChildReference(text: string, shape: string): Parsed<ChildReference> {
  if (isId(text)) return { value: { type: "id", id: text } };
  const { parts, version } = splitReference(text);
  const [namespace, name] = parts;
  if (parts.length !== 2 || namespace === undefined || name === undefined || version !== undefined) {
    return { problem: wrongShape(shape) };
  }
  const problem = partsProblem(parts);
  return problem === undefined ? { value: { type: "path", namespace, name } } : { problem };
}

/** Id, `namespace/name`, or `namespace/-` for all. */
export function parseParentReference(text: string, shape: string): Parsed<ParentReference> {
  const { parts } = splitReference(text);
  const [namespace, name] = parts;
  if (parts.length !== 2 || name !== ALL || namespace === undefined) return parseChildReference(text, shape);
  const problem = nameProblem(namespace);
  return problem === undefined ? { value: { type: "all", namespace } } : { problem };
}

/** Id, `namespace/experiment/checkpoint`, or `experiment-id/checkpoint`. */
export function parseCheckpointReference(text: string): Parsed<CheckpointReference> {
  if (isId(text)) return { value: { type: "id", id: text } };
  const { parts, version } = splitReference(text);
  const [first, second, third] = parts;
  if (first === undefined || second === undefined || version !== undefined) {
    return { problem: wrongShape("namespace/experiment/checkpoint") };
  }
  const problem = partsProblem(parts);
  if (problem !== undefined) return { problem };
  if (parts.length === 3 && third !== undefined) {
    return {
      value: { type: "path", experiment: { type: "path", namespace: first, name: second }, name: third },
    };
  }
  if (parts.length === 2 && isId(first)) {
    return { value: { type: "path", experiment: { type: "id", id: first }, name: second } };
  }
  return { problem: wrongShape("namespace/experiment/checkpoint") };
}

/** Id, `namespace/model@version`, `namespace/model@tag`, or `model-id@version`. */
export function parseVersionReference(text: string): Parsed<VersionReference> {
  if (isId(text)) return { value: { type: "id", id: text } };
  const { parts, version } = splitReference(text);
  const shape = "namespace/model@version";
  if (version === undefined) return { problem: wrongShape(shape) };
  const model = parseChildReference(parts.join("/"), shape);
  if ("problem" in model) return model;
  const problem = nameProblem(version);
  return problem === undefined
    ? { value: { type: "path", model: model.value, version } }
    : { problem: `the part "${shorten(version)}" ${problem}` };
}

/** `kind:` and id or path. */
export function parseObjectReference(text: string): Parsed<ObjectReference> {
  const split = splitObject(text);
  if (split === undefined) {
    return {
      problem: `must begin with its kind: one of ${OBJECT_SHAPES.map(([kind, shape]) => `"${kind}:${shape}"`).join(", ")}`,
    };
  }
  return parseKind(split.kind, split.reference);
}

const OBJECT_SHAPES: readonly (readonly [ObjectKind, string])[] = [
  ["namespace", "name"],
  ["experiment", "namespace/name"],
  ["checkpoint", "namespace/experiment/name"],
  ["model", "namespace/name"],
  ["version", "namespace/model@version"],
  ["artifact", "id"],
];

function parseKind(kind: ObjectKind, text: string): Parsed<ObjectReference> {
  switch (kind) {
    case "namespace":
      return mapParsed(parseNamespaceReference(text), (reference) => ({ kind, reference }));
    case "experiment":
      return mapParsed(parseChildReference(text, "namespace/experiment"), (reference) => ({
        kind,
        reference,
      }));
    case "checkpoint":
      return mapParsed(parseCheckpointReference(text), (reference) => ({ kind, reference }));
    case "model":
      return mapParsed(parseChildReference(text, "namespace/model"), (reference) => ({ kind, reference }));
    case "version":
      return mapParsed(parseVersionReference(text), (reference) => ({ kind, reference }));
    case "artifact":
      return isId(text)
        ? { value: { kind, reference: text } }
        : { problem: "artifacts are named by their id" };
  }
}

function mapParsed<T, U>(parsed: Parsed<T>, map: (value: T) => U): Parsed<U> {
  return "problem" in parsed ? parsed : { value: map(parsed.value) };
}

function partsProblem(parts: readonly string[]): string | undefined {
  for (const part of parts) {
    const problem = nameProblem(part);
    if (problem !== undefined) return `the part "${shorten(part)}" ${problem}`;
  }
  return undefined;
}

function wrongShape(shape: string): string {
  return `must be an id or a path such as "${shape}"`;
}

const SHOWN_CHARACTERS = 40;

/** What a message repeats of a wrong text: little, and nothing that a terminal would act on. */
function shorten(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  const visible = text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, "?");
  return visible.length > SHOWN_CHARACTERS ? `${visible.slice(0, SHOWN_CHARACTERS)}…` : visible;
}
