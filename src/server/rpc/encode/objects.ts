import type { MessageInitShape } from "@bufbuild/protobuf";
import type { TagAssignment } from "../../../domain/entities.ts";
import type {
  ArtifactView,
  CheckpointView,
  ExperimentView,
  ModelView,
  NamespaceView,
  VersionView,
} from "../../../domain/views.ts";
import type { ArtifactSchema } from "../../../gen/modelbox/v1/artifact_service_pb.ts";
import type { CheckpointSchema } from "../../../gen/modelbox/v1/checkpoint_service_pb.ts";
import type { ExperimentSchema } from "../../../gen/modelbox/v1/experiment_service_pb.ts";
import type { ModelSchema } from "../../../gen/modelbox/v1/model_service_pb.ts";
import type {
  ModelVersionSchema,
  TagAssignmentSchema,
} from "../../../gen/modelbox/v1/model_version_service_pb.ts";
import type { NamespaceSchema } from "../../../gen/modelbox/v1/namespace_service_pb.ts";
import { etagOf } from "../../../service/etag.ts";
import { WIRE_OBJECT_KIND } from "./kinds.ts";
import { encodeLabels, encodeMetrics, encodeTime } from "./values.ts";

export function encodeNamespace(view: NamespaceView): MessageInitShape<typeof NamespaceSchema> {
  const { id, name, owner, description } = view;
  // What was remembered by an older version has none.
  const quotaBytes = view.quotaBytes ?? undefined;
  return {
    id,
    name,
    owner,
    description,
    labels: encodeLabels(view.labels),
    ...(quotaBytes === undefined ? {} : { quotaBytes: BigInt(quotaBytes) }),
    ...encodeVersioned(view),
  };
}

export function encodeExperiment(view: ExperimentView): MessageInitShape<typeof ExperimentSchema> {
  const { id, namespaceId, path, name, owner, externalId, framework, description, latestCheckpointId } = view;
  return {
    id,
    namespaceId,
    path,
    name,
    owner,
    externalId,
    framework,
    description,
    latestCheckpointId,
    labels: encodeLabels(view.labels),
    metrics: encodeMetrics(view.metrics),
    ...encodeVersioned(view),
  };
}

export function encodeCheckpoint(view: CheckpointView): MessageInitShape<typeof CheckpointSchema> {
  const { id, namespaceId, experimentId, path, name, step, epoch } = view;
  return {
    id,
    namespaceId,
    experimentId,
    path,
    name,
    step,
    ...(epoch === undefined ? {} : { epoch }),
    labels: encodeLabels(view.labels),
    metrics: encodeMetrics(view.metrics),
    artifact: encodeArtifact(view.artifact),
    ...encodeVersioned(view),
  };
}

export function encodeModel(view: ModelView): MessageInitShape<typeof ModelSchema> {
  const { id, namespaceId, path, name, owner, task, description, latestVersion } = view;
  return {
    id,
    namespaceId,
    path,
    name,
    owner,
    task,
    description,
    latestVersion,
    labels: encodeLabels(view.labels),
    tags: { ...view.tags },
    ...encodeVersioned(view),
  };
}

export function encodeVersion(view: VersionView): MessageInitShape<typeof ModelVersionSchema> {
  const {
    id,
    namespaceId,
    modelId,
    path,
    version,
    name,
    description,
    framework,
    checkpointId,
    experimentId,
  } = view;
  return {
    id,
    namespaceId,
    modelId,
    path,
    version,
    name,
    description,
    framework,
    checkpointId,
    experimentId,
    tags: view.tags.map(({ tag, setAt }) => ({ name: tag, setAt: encodeTime(setAt) })),
    labels: encodeLabels(view.labels),
    metrics: encodeMetrics(view.metrics),
    artifact: encodeArtifact(view.artifact),
    ...encodeVersioned(view),
  };
}

export function encodeArtifact(view: ArtifactView): MessageInitShape<typeof ArtifactSchema> {
  const { id, namespaceId, objectKind, objectId, objectPath, name, fileCount, sizeBytes, createdAt } = view;
  return {
    id,
    namespaceId,
    objectId,
    objectPath,
    name,
    objectKind: WIRE_OBJECT_KIND[objectKind],
    fileCount: BigInt(fileCount),
    sizeBytes: BigInt(sizeBytes),
    createdAt: encodeTime(createdAt),
  };
}

export function encodeTagAssignment(assignment: TagAssignment): MessageInitShape<typeof TagAssignmentSchema> {
  const { tag, modelId, versionId, version, setAt, unsetAt, actor } = assignment;
  return {
    tag,
    modelId,
    versionId,
    version,
    actor,
    setAt: encodeTime(setAt),
    ...(unsetAt === undefined ? {} : { unsetAt: encodeTime(unsetAt) }),
  };
}

function encodeVersioned(view: Pick<NamespaceView, "id" | "revision" | "createdAt" | "updatedAt">) {
  return { etag: etagOf(view), createdAt: encodeTime(view.createdAt), updatedAt: encodeTime(view.updatedAt) };
}
