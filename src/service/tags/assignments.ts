import type { TagAssignment } from "../../domain/entities.ts";
import { failedPrecondition } from "../../domain/errors.ts";
import { newId } from "../../domain/ids.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import { nextRevision } from "../etag.ts";
import type { Mutation } from "../mutation.ts";
import { pathOf, type LocatedModel, type LocatedVersion } from "../references/located.ts";

/** Throws when the text is a version of the model: `model@text` must mean one thing. */
export async function requireNoVersion(
  tx: MetadataReader,
  located: LocatedModel,
  tag: string,
): Promise<void> {
  if ((await tx.versions.findByName(located.model.id, tag)) === undefined) return;
  throw failedPrecondition(
    "TAG_IS_VERSION",
    `"${tag}" is a version of model "${pathOf(located)}", so it can't be a tag; choose another tag.`,
    { model: pathOf(located), tag },
  );
}

/** Throws when the text is a tag that a version of the model carries now. */
export async function requireNoTag(
  tx: MetadataReader,
  located: LocatedModel,
  version: string,
): Promise<void> {
  if ((await tx.tags.current(located.model.id, version)) === undefined) return;
  throw failedPrecondition(
    "VERSION_IS_TAG",
    `"${version}" is a tag of model "${pathOf(located)}", so it can't be a version; choose another version.`,
    { model: pathOf(located), version },
  );
}

/** Gives a tag to a version, and takes it from the one that has it; returns the assignment that ended. */
export async function assignTag(
  mutation: Mutation,
  located: LocatedVersion,
  tag: string,
): Promise<TagAssignment | undefined> {
  const { tx, now, caller, record } = mutation;
  const { namespace, model, version } = located;
  const carrier = await tx.tags.current(model.id, tag);
  if (carrier !== undefined) {
    const path = pathOf({ kind: "model", namespace, model });
    await takeTag(mutation, { modelId: model.id, path: `${path}@${carrier.version}` }, tag);
    const before = await tx.versions.get(carrier.versionId);
    if (before !== undefined) await tx.versions.update(nextRevision(before, {}, now));
  }
  const assignment: TagAssignment = {
    id: newId(),
    namespaceId: namespace.id,
    modelId: model.id,
    tag,
    versionId: version.id,
    version: version.version,
    actor: caller.actor,
    setAt: now,
    unsetAt: undefined,
  };
  await tx.tags.assign(assignment);
  await record({
    namespaceId: namespace.id,
    kind: "version",
    objectId: version.id,
    objectPath: pathOf(located),
    action: "tag_set",
    state: { type: "tag", value: assignment },
  });
  return carrier;
}

/** Takes a tag away from the version that carries it; `path` is that version's. */
export async function takeTag(
  { tx, now, record }: Mutation,
  { modelId, path }: { readonly modelId: string; readonly path: string },
  tag: string,
): Promise<void> {
  const assignment = await tx.tags.unassign(modelId, tag, now);
  if (assignment === undefined) return;
  await record({
    namespaceId: assignment.namespaceId,
    kind: "version",
    objectId: assignment.versionId,
    objectPath: path,
    action: "tag_removed",
    state: { type: "tag", value: { ...assignment, unsetAt: now } },
  });
}
