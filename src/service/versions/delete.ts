import type { VersionView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import type { DeleteOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { hasAddedArtifacts } from "../deletion/artifacts.ts";
import { notEmpty, startRemoval } from "../deletion/removal.ts";
import { removeVersion } from "../deletion/versions.ts";
import { nextRevision, requireEtag } from "../etag.ts";
import { mutate, type Mutation } from "../mutation.ts";
import type { LocatedVersion } from "../references/located.ts";
import type { VersionReference } from "../references/parse.ts";
import { resolveVersion } from "../references/resolve.ts";
import { versionView } from "../views/versions.ts";

const UNTAG = "take them away first (`modelbox client versions untag`)";

/** Deletes a version, with its tags and added artifacts only when the call is recursive; returns it as it was. */
export function deleteModelVersion(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: DeleteOptions & { readonly version: VersionReference },
): Promise<VersionView> {
  const call = { method: "DeleteModelVersion", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const located = await resolveVersion(tx, caller, input.version);
    requireWritable(caller, located.namespace);
    const view = await versionView(tx, located);
    requireEtag(view, view.path, input.etag);
    if (!input.recursive) {
      const tags = view.tags.map((one) => `"${one.tag}"`).join(", ");
      if (tags !== "") throw notEmpty("version", view.path, `tags (${tags})`, UNTAG);
      if (await hasAddedArtifacts(tx, view.id)) {
        throw notEmpty("version", view.path, "artifacts that were added later");
      }
    }
    await removeVersion(startRemoval(mutation), view);
    await updateLatest(mutation, located);
    return view;
  });
}

/** When the version that was created last goes, the one before it becomes the model's latest. */
async function updateLatest({ tx, now }: Mutation, { model, version }: LocatedVersion): Promise<void> {
  if (model.latestVersion !== version.version) return;
  const left = await tx.versions.list({
    scope: { type: "parent", id: model.id },
    orderBy: { field: "created_at", descending: true },
    limit: 1,
  });
  await tx.models.update(nextRevision(model, { latestVersion: left.items[0]?.version ?? "" }, now));
}
