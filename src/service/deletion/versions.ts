import type { VersionView } from "../../domain/views.ts";
import { takeTag } from "../tags/assignments.ts";
import { versionViews } from "../views/versions.ts";
import { recordAddedArtifacts } from "./artifacts.ts";
import { everyPage } from "./every-page.ts";
import { requireUnprotected } from "./protection.ts";
import type { Removal } from "./removal.ts";

/** Deletes all versions of a model. */
export async function removeVersionsOf(removal: Removal, modelId: string): Promise<void> {
  const { tx } = removal.mutation;
  for await (const page of everyPage((query) => tx.versions.list(query), { type: "parent", id: modelId })) {
    for (const view of await versionViews(tx, page)) await removeVersion(removal, view);
  }
}

/** Deletes a version with its artifacts and takes its tags away; throws while somebody restores it. */
export async function removeVersion(removal: Removal, version: VersionView): Promise<void> {
  const { mutation } = removal;
  await requireUnprotected(mutation, version, "restore");
  for (const { tag } of version.tags)
    await takeTag(mutation, { modelId: version.modelId, path: version.path }, tag);
  await recordAddedArtifacts(removal, version);
  await mutation.tx.versions.delete(version.id);
  await removal.deleted({ type: "version", value: version });
}
