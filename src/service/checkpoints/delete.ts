import type { CheckpointView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import type { DeleteOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { hasAddedArtifacts } from "../deletion/artifacts.ts";
import { removeCheckpoint } from "../deletion/checkpoints.ts";
import { notEmpty, startRemoval } from "../deletion/removal.ts";
import { nextRevision, requireEtag } from "../etag.ts";
import { mutate, type Mutation } from "../mutation.ts";
import type { LocatedCheckpoint } from "../references/located.ts";
import type { CheckpointReference } from "../references/parse.ts";
import { resolveCheckpoint } from "../references/resolve.ts";
import { checkpointView } from "../views/checkpoints.ts";

/** Deletes a checkpoint, with artifacts that were added later only when the call is recursive; returns it as it was. */
export function deleteCheckpoint(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: DeleteOptions & { readonly checkpoint: CheckpointReference },
): Promise<CheckpointView> {
  const call = { method: "DeleteCheckpoint", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const located = await resolveCheckpoint(tx, caller, input.checkpoint);
    requireWritable(caller, located.namespace);
    const view = await checkpointView(tx, located);
    requireEtag(view, view.path, input.etag);
    if (!input.recursive && (await hasAddedArtifacts(tx, view.id))) {
      throw notEmpty("checkpoint", view.path, "artifacts that were added later");
    }
    await removeCheckpoint(startRemoval(mutation), view);
    await updateLatest(mutation, located);
    return view;
  });
}

/** When the latest checkpoint goes, the one that was committed before it becomes the latest. */
async function updateLatest(
  { tx, now }: Mutation,
  { experiment, checkpoint }: LocatedCheckpoint,
): Promise<void> {
  if (experiment.latestCheckpointId !== checkpoint.id) return;
  const left = await tx.checkpoints.list({
    scope: { type: "parent", id: experiment.id },
    orderBy: { field: "created_at", descending: true },
    limit: 1,
  });
  const latestCheckpointId = left.items[0]?.id ?? "";
  await tx.experiments.update(nextRevision(experiment, { latestCheckpointId }, now));
}
