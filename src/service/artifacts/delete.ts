import { DEFAULT_ARTIFACT } from "../../domain/entities.ts";
import { failedPrecondition } from "../../domain/errors.ts";
import type { ArtifactView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { requireUnprotected } from "../deletion/protection.ts";
import { mutate } from "../mutation.ts";
import { recordObject } from "../record.ts";
import { resolveArtifact } from "../references/resolve.ts";
import { artifactView } from "../views/artifacts.ts";

/** Deletes an artifact that was added later; returns it as it was. */
export function deleteArtifact(
  context: ServiceContext,
  caller: Caller,
  { artifact: id, requestId }: { readonly artifact: string; readonly requestId: string },
): Promise<ArtifactView> {
  const call = { method: "DeleteArtifact", requestId, request: id };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const { namespace, artifact } = await resolveArtifact(tx, caller, id);
    requireWritable(caller, namespace);
    const view = await artifactView(tx, artifact);
    if (artifact.name === DEFAULT_ARTIFACT) {
      throw failedPrecondition(
        "DEFAULT_ARTIFACT",
        `These are the files of "${view.objectPath}" itself; delete that ${artifact.objectKind} to delete them.`,
        { path: view.objectPath },
      );
    }
    await requireUnprotected(mutation, { id: artifact.objectId, path: view.objectPath }, "restore");
    await tx.artifacts.delete(id);
    await recordObject(mutation, "deleted", { type: "artifact", value: view });
    return view;
  });
}
