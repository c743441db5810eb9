import type { Checkpoint } from "../../domain/entities.ts";
import type { CheckpointView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import { changedFields, type UpdateOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { nextRevision, requireEtag } from "../etag.ts";
import { mutate } from "../mutation.ts";
import { nameTaken } from "../name-taken.ts";
import { recordObject } from "../record.ts";
import { pathOf } from "../references/located.ts";
import type { CheckpointReference } from "../references/parse.ts";
import { resolveCheckpoint } from "../references/resolve.ts";
import { checkpointView } from "../views/checkpoints.ts";

export interface UpdateCheckpointInput extends UpdateOptions {
  readonly checkpoint: CheckpointReference;
  readonly changes: Partial<Pick<Checkpoint, "name">>;
}

export function updateCheckpoint(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: UpdateCheckpointInput,
): Promise<CheckpointView> {
  const call = { method: "UpdateCheckpoint", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const located = await resolveCheckpoint(tx, caller, input.checkpoint);
    const { namespace, experiment, checkpoint } = located;
    requireWritable(caller, namespace);
    requireEtag(checkpoint, pathOf(located), input.etag);
    const changes = changedFields(checkpoint, input.changes);
    if (changes.name === undefined) return checkpointView(tx, located);
    if ((await tx.checkpoints.findByName(experiment.id, changes.name)) !== undefined) {
      throw nameTaken("checkpoint", `${namespace.name}/${experiment.name}/${changes.name}`);
    }
    const next = nextRevision(checkpoint, changes, now);
    await tx.checkpoints.update(next);
    const value = await checkpointView(tx, { ...located, checkpoint: next });
    await recordObject(mutation, "updated", { type: "checkpoint", value });
    return value;
  });
}
