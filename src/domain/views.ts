import type {
  Artifact,
  Checkpoint,
  Event,
  Experiment,
  Labels,
  Lease,
  LineageEdge,
  MetricValue,
  Model,
  ModelVersion,
  Namespace,
  ObjectKind,
  TagAssignment,
} from "./entities.ts";

/** The latest value of each metric key; at most MAX_INLINE_METRICS. */
export type MetricSummary = Readonly<Record<string, MetricValue>>;

/** Entities as callers see them: with path, labels and metrics. Also the states that changes keep. */
export interface NamespaceView extends Namespace {
  readonly labels: Labels;
}
export interface ExperimentView extends Experiment {
  readonly path: string;
  readonly labels: Labels;
  readonly metrics: MetricSummary;
}
export interface ArtifactView extends Artifact {
  readonly objectPath: string;
}
export interface CheckpointView extends Checkpoint {
  readonly path: string;
  readonly labels: Labels;
  readonly metrics: MetricSummary;
  readonly artifact: ArtifactView;
}
export interface ModelView extends Model {
  readonly path: string;
  readonly labels: Labels;
  /** Tag to version. */
  readonly tags: Readonly<Record<string, string>>;
}
export interface VersionView extends ModelVersion {
  readonly path: string;
  readonly labels: Labels;
  readonly metrics: MetricSummary;
  readonly tags: readonly TagAssignment[];
  readonly artifact: ArtifactView;
}

export type ChangeAction =
  | "created"
  | "updated"
  | "deleted"
  | "tag_set"
  | "tag_removed"
  | "event_logged"
  | "linked"
  | "unlinked"
  | "lease_acquired"
  | "lease_released";

/** The new state that a change carries. */
export type ChangeState =
  | { readonly type: "namespace"; readonly value: NamespaceView }
  | { readonly type: "experiment"; readonly value: ExperimentView }
  | { readonly type: "checkpoint"; readonly value: CheckpointView }
  | { readonly type: "model"; readonly value: ModelView }
  | { readonly type: "version"; readonly value: VersionView }
  | { readonly type: "artifact"; readonly value: ArtifactView }
  | { readonly type: "tag"; readonly value: TagAssignment }
  | { readonly type: "event"; readonly value: Event }
  | { readonly type: "edge"; readonly value: LineageEdge }
  | { readonly type: "lease"; readonly value: Lease };

/** One mutation, before it has a number. */
export interface NewChange {
  readonly namespaceId: string;
  readonly kind: ObjectKind;
  readonly objectId: string;
  readonly objectPath: string;
  readonly action: ChangeAction;
  readonly actor: string;
  readonly time: number;
  readonly state: ChangeState;
}

/** One mutation of a namespace; sequence numbers begin at 1 and have no gaps. */
export interface Change extends NewChange {
  readonly sequence: number;
}
