import type {
  Artifact,
  Checkpoint,
  Experiment,
  LabelledKind,
  Model,
  ModelVersion,
  Namespace,
} from "../../domain/entities.ts";
import { invalid } from "../../domain/errors.ts";
import type { ObjectKey } from "../../domain/metadata-store.ts";

/** Objects together with what they are in. */
export interface LocatedNamespace {
  readonly kind: "namespace";
  readonly namespace: Namespace;
}
export interface LocatedExperiment {
  readonly kind: "experiment";
  readonly namespace: Namespace;
  readonly experiment: Experiment;
}
export interface LocatedCheckpoint {
  readonly kind: "checkpoint";
  readonly namespace: Namespace;
  readonly experiment: Experiment;
  readonly checkpoint: Checkpoint;
}
export interface LocatedModel {
  readonly kind: "model";
  readonly namespace: Namespace;
  readonly model: Model;
}
export interface LocatedVersion {
  readonly kind: "version";
  readonly namespace: Namespace;
  readonly model: Model;
  readonly version: ModelVersion;
}
export interface LocatedArtifact {
  readonly kind: "artifact";
  readonly namespace: Namespace;
  readonly artifact: Artifact;
}

/** An object that carries labels, metrics, events and artifacts. */
export type LocatedLabelled =
  | LocatedNamespace
  | LocatedExperiment
  | LocatedCheckpoint
  | LocatedModel
  | LocatedVersion;

/** Any object. */
export type Located = LocatedLabelled | LocatedArtifact;

/** Id of the object. */
export function idOf(located: Located): string {
  return entityOf(located).id;
}

/** Path of the object as it is now. */
export function pathOf(located: LocatedLabelled): string {
  const { namespace } = located;
  switch (located.kind) {
    case "namespace":
      return namespace.name;
    case "experiment":
      return `${namespace.name}/${located.experiment.name}`;
    case "checkpoint":
      return `${namespace.name}/${located.experiment.name}/${located.checkpoint.name}`;
    case "model":
      return `${namespace.name}/${located.model.name}`;
    case "version":
      return `${namespace.name}/${located.model.name}@${located.version.version}`;
  }
}

/** What the store keeps labels, metrics and events by. */
export function keyOf(located: LocatedLabelled): ObjectKey {
  const id = idOf(located);
  const namespaceId = located.namespace.id;
  switch (located.kind) {
    case "namespace":
      return { kind: "namespace", id, namespaceId, parentId: "" };
    case "experiment":
    case "model":
      return { kind: located.kind, id, namespaceId, parentId: namespaceId };
    case "checkpoint":
      return { kind: "checkpoint", id, namespaceId, parentId: located.experiment.id };
    case "version":
      return { kind: "version", id, namespaceId, parentId: located.model.id };
  }
}

/** The object itself. */
export function entityOf(
  located: LocatedLabelled,
): Namespace | Experiment | Checkpoint | Model | ModelVersion;
export function entityOf(
  located: Located,
): Namespace | Experiment | Checkpoint | Model | ModelVersion | Artifact;
export function entityOf(
  located: Located,
): Namespace | Experiment | Checkpoint | Model | ModelVersion | Artifact {
  switch (located.kind) {
    case "namespace":
      return located.namespace;
    case "experiment":
      return located.experiment;
    case "checkpoint":
      return located.checkpoint;
    case "model":
      return located.model;
    case "version":
      return located.version;
    case "artifact":
      return located.artifact;
  }
}

const LABELLED_KINDS: readonly LabelledKind[] = ["namespace", "experiment", "checkpoint", "model", "version"];

/** Throws "invalid_argument" for an artifact, which carries no labels, metrics, events or artifacts of its own. */
export function requireLabelled(located: Located): LocatedLabelled {
  if (located.kind !== "artifact") return located;
  throw invalid("object", `must be one of ${LABELLED_KINDS.join(", ")}; an artifact has none of its own`);
}
