import type { CheckpointView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import type { CheckpointReference } from "../references/parse.ts";
import { resolveCheckpoint } from "../references/resolve.ts";
import { checkpointView } from "../views/checkpoints.ts";

export function getCheckpoint(
  context: ServiceContext,
  caller: Caller,
  reference: CheckpointReference,
): Promise<CheckpointView> {
  return context.metadata.read(async (tx) => {
    return checkpointView(tx, await resolveCheckpoint(tx, caller, reference));
  });
}
