import type { DigestState, LeaseKind, ObjectKind } from "../../../domain/entities.ts";
import type { ChangeAction } from "../../../domain/views.ts";
import { DigestState as WireDigestState } from "../../../gen/modelbox/v1/artifact_service_pb.ts";
import { ChangeAction as WireChangeAction } from "../../../gen/modelbox/v1/change_service_pb.ts";
import { ObjectKind as WireObjectKind } from "../../../gen/modelbox/v1/common_pb.ts";
import { LeaseKind as WireLeaseKind } from "../../../gen/modelbox/v1/lease_service_pb.ts";

export const WIRE_OBJECT_KIND: Readonly<Record<ObjectKind, WireObjectKind>> = {
  namespace: WireObjectKind.NAMESPACE,
  experiment: WireObjectKind.EXPERIMENT,
  checkpoint: WireObjectKind.CHECKPOINT,
  model: WireObjectKind.MODEL,
  version: WireObjectKind.VERSION,
  artifact: WireObjectKind.ARTIFACT,
};

export const WIRE_DIGEST_STATE: Readonly<Record<DigestState, WireDigestState>> = {
  verified: WireDigestState.VERIFIED,
  pending: WireDigestState.PENDING,
  mismatch: WireDigestState.MISMATCH,
  unchecked: WireDigestState.UNCHECKED,
};

export const WIRE_LEASE_KIND: Readonly<Record<LeaseKind, WireLeaseKind>> = {
  upload: WireLeaseKind.UPLOAD,
  restore: WireLeaseKind.RESTORE,
  run: WireLeaseKind.RUN,
};

export const WIRE_CHANGE_ACTION: Readonly<Record<ChangeAction, WireChangeAction>> = {
  created: WireChangeAction.CREATED,
  updated: WireChangeAction.UPDATED,
  deleted: WireChangeAction.DELETED,
  tag_set: WireChangeAction.TAG_SET,
  tag_removed: WireChangeAction.TAG_REMOVED,
  event_logged: WireChangeAction.EVENT_LOGGED,
  linked: WireChangeAction.LINKED,
  unlinked: WireChangeAction.UNLINKED,
  lease_acquired: WireChangeAction.LEASE_ACQUIRED,
  lease_released: WireChangeAction.LEASE_RELEASED,
};
