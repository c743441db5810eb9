import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import type { Event, Lease, LineageEdge, StoredFile } from "../../../domain/entities.ts";
import type { Change, ChangeState } from "../../../domain/views.ts";
import type {
  DirectChunkSchema,
  DirectUploadSchema,
  FileSchema,
} from "../../../gen/modelbox/v1/artifact_service_pb.ts";
import type { ChangeSchema } from "../../../gen/modelbox/v1/change_service_pb.ts";
import type { EventSchema } from "../../../gen/modelbox/v1/event_service_pb.ts";
import type { LeaseSchema } from "../../../gen/modelbox/v1/lease_service_pb.ts";
import type { LineageEdgeSchema } from "../../../gen/modelbox/v1/lineage_service_pb.ts";
import type { DirectChunk, DirectUpload } from "../../../service/blobs/direct-addresses.ts";
import { WIRE_CHANGE_ACTION, WIRE_DIGEST_STATE, WIRE_LEASE_KIND, WIRE_OBJECT_KIND } from "./kinds.ts";
import {
  encodeArtifact,
  encodeCheckpoint,
  encodeExperiment,
  encodeModel,
  encodeNamespace,
  encodeTagAssignment,
  encodeVersion,
} from "./objects.ts";
import { encodeDuration, encodeTime } from "./values.ts";

export function encodeFile(file: StoredFile): MessageInitShape<typeof FileSchema> {
  const { id, artifactId, path, sizeBytes, sha256, uri, digestState } = file;
  return {
    id,
    artifactId,
    path,
    sha256,
    uri,
    sizeBytes: BigInt(sizeBytes),
    digestState: WIRE_DIGEST_STATE[digestState],
  };
}

export function encodeDirectUpload(upload: DirectUpload): MessageInitShape<typeof DirectUploadSchema> {
  const { digest, url, headers, expiresAt } = upload;
  return { sha256: digest, url, headers: { ...headers }, expiresAt: encodeTime(expiresAt) };
}

export function encodeDirectChunk(chunk: DirectChunk): MessageInitShape<typeof DirectChunkSchema> {
  const { digest, offsetBytes, sizeBytes, url } = chunk;
  return { sha256: digest, offsetBytes: BigInt(offsetBytes), sizeBytes: BigInt(sizeBytes), url };
}

export function encodeEvent(event: Event): MessageInitShape<typeof EventSchema> {
  const { id, namespaceId, objectKind, objectId, name, source, time, data } = event;
  return {
    id,
    namespaceId,
    objectId,
    name,
    source,
    objectKind: WIRE_OBJECT_KIND[objectKind],
    time: encodeTime(time),
    data: data as JsonObject,
  };
}

export function encodeEdge(edge: LineageEdge): MessageInitShape<typeof LineageEdgeSchema> {
  const { source, target, relation, createdAt } = edge;
  return { source, target, relation, createdAt: encodeTime(createdAt) };
}

export function encodeLease(lease: Lease): MessageInitShape<typeof LeaseSchema> {
  const { id, kind, objectKind, objectId, namespaceId, holder, fencingNumber, ttlMs, createdAt, expiresAt } =
    lease;
  return {
    id,
    objectId,
    namespaceId,
    holder,
    kind: WIRE_LEASE_KIND[kind],
    objectKind: WIRE_OBJECT_KIND[objectKind],
    fencingNumber: BigInt(fencingNumber),
    // Changes that were recorded before it was kept have none.
    previousWriter: BigInt(lease.previousWriter ?? 0),
    createdAt: encodeTime(createdAt),
    // An ended lease holds nothing any more, whenever it would have run out.
    expiresAt: encodeTime(Math.min(expiresAt, lease.endedAt ?? expiresAt)),
    ttl: encodeDuration(ttlMs),
  };
}

export function encodeChange(change: Change): MessageInitShape<typeof ChangeSchema> {
  const { namespaceId, sequence, kind, objectId, objectPath, action, actor, time, state } = change;
  return {
    namespaceId,
    objectId,
    objectPath,
    actor,
    sequence: BigInt(sequence),
    kind: WIRE_OBJECT_KIND[kind],
    action: WIRE_CHANGE_ACTION[action],
    time: encodeTime(time),
    state: encodeState(state),
  };
}

function encodeState(state: ChangeState): NonNullable<MessageInitShape<typeof ChangeSchema>["state"]> {
  switch (state.type) {
    case "namespace":
      return { case: "namespace", value: encodeNamespace(state.value) };
    case "experiment":
      return { case: "experiment", value: encodeExperiment(state.value) };
    case "checkpoint":
      return { case: "checkpoint", value: encodeCheckpoint(state.value) };
    case "model":
      return { case: "model", value: encodeModel(state.value) };
    case "version":
      return { case: "version", value: encodeVersion(state.value) };
    case "artifact":
      return { case: "artifact", value: encodeArtifact(state.value) };
    case "tag":
      return { case: "tag", value: encodeTagAssignment(state.value) };
    case "event":
      return { case: "event", value: encodeEvent(state.value) };
    case "edge":
      return { case: "edge", value: encodeEdge(state.value) };
    case "lease":
      return { case: "lease", value: encodeLease(state.value) };
  }
}
