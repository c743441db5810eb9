import type { TagAssignment } from "../../domain/entities.ts";
import { conflict, invalid } from "../../domain/errors.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { VersionView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { nextRevision } from "../etag.ts";
import { mutate } from "../mutation.ts";
import { pathOf, type LocatedVersion } from "../references/located.ts";
import type { VersionReference } from "../references/parse.ts";
import { resolveVersion } from "../references/resolve.ts";
import { versionView } from "../views/versions.ts";
import { assignTag, requireNoVersion } from "./assignments.ts";

export interface SetUniqueTagInput {
  readonly version: VersionReference;
  readonly tag: string;
  /** The version that must carry the tag now; "none" when nobody may; undefined when it does not matter. */
  readonly expected: VersionReference | "none" | undefined;
  readonly requestId: string;
}

/** Moves a tag to a version in one step. A version that carries it already stays as it is. */
export function setUniqueTag(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: SetUniqueTagInput,
): Promise<{ version: VersionView; previousVersionId: string }> {
  const call = { method: "SetUniqueTag", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const located = await resolveVersion(tx, caller, input.version);
    const { namespace, model, version } = located;
    requireWritable(caller, namespace);
    await requireNoVersion(tx, { kind: "model", namespace, model }, input.tag);
    const carrier = await tx.tags.current(model.id, input.tag);
    await requireExpected(tx, caller, located, input, carrier);
    const previousVersionId = carrier?.versionId ?? "";
    if (previousVersionId === version.id)
      return { version: await versionView(tx, located), previousVersionId };
    await assignTag(mutation, located, input.tag);
    const next = nextRevision(version, {}, now);
    await tx.versions.update(next);
    return { version: await versionView(tx, { ...located, version: next }), previousVersionId };
  });
}

async function requireExpected(
  tx: MetadataReader,
  caller: Caller,
  located: LocatedVersion,
  { tag, expected }: Omit<SetUniqueTagInput, "requestId">,
  carrier: TagAssignment | undefined,
): Promise<void> {
  if (expected === undefined) return;
  if (expected === "none") {
    if (carrier !== undefined) throw moved(located, tag, carrier);
    return;
  }
  const wanted = await resolveVersion(tx, caller, expected);
  if (wanted.model.id !== located.model.id) {
    throw invalid("expected_version", `must be a version of model "${located.model.name}", or "none"`);
  }
  if (wanted.version.id !== carrier?.versionId) throw moved(located, tag, carrier);
}

function moved({ namespace, model }: LocatedVersion, tag: string, carrier: TagAssignment | undefined): Error {
  const path = pathOf({ kind: "model", namespace, model });
  const now = carrier === undefined ? "no version carries it" : `"${path}@${carrier.version}" carries it`;
  return conflict(
    "TAG_MOVED",
    `The tag "${tag}" was moved by somebody else: ${now} now; look again, then decide.`,
    {
      tag,
      model: path,
      version_id: carrier?.versionId ?? "",
    },
  );
}
