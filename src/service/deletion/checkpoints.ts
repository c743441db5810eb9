import type { CheckpointView } from "../../domain/views.ts";
import { checkpointViews } from "../views/checkpoints.ts";
import { recordAddedArtifacts } from "./artifacts.ts";
import { everyPage } from "./every-page.ts";
import { requireUnprotected } from "./protection.ts";
import type { Removal } from "./removal.ts";

/** Deletes all checkpoints of an experiment. */
export async function removeCheckpointsOf(removal: Removal, experimentId: string): Promise<void> {
  const { tx } = removal.mutation;
  for await (const page of everyPage((query) => tx.checkpoints.list(query), {
    type: "parent",
    id: experimentId,
  })) {
    for (const view of await checkpointViews(tx, page)) await removeCheckpoint(removal, view);
  }
}

/** Deletes a checkpoint with its artifacts; throws while somebody restores it. */
export async function removeCheckpoint(removal: Removal, checkpoint: CheckpointView): Promise<void> {
  await requireUnprotected(removal.mutation, checkpoint, "restore");
  await recordAddedArtifacts(removal, checkpoint);
  await removal.mutation.tx.checkpoints.delete(checkpoint.id);
  await removal.deleted({ type: "checkpoint", value: checkpoint });
}
