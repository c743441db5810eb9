import type { VersionView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { nextRevision } from "../etag.ts";
import { mutate } from "../mutation.ts";
import { pathOf } from "../references/located.ts";
import { missingTag } from "../references/missing.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveModel } from "../references/resolve.ts";
import { versionView } from "../views/versions.ts";
import { takeTag } from "./assignments.ts";

export interface RemoveUniqueTagInput {
  readonly model: ChildReference;
  readonly tag: string;
  readonly requestId: string;
}

/** Takes a tag away from the version that carries it, and returns that version. */
export function removeUniqueTag(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: RemoveUniqueTagInput,
): Promise<VersionView> {
  const call = { method: "RemoveUniqueTag", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const located = await resolveModel(tx, caller, input.model);
    requireWritable(caller, located.namespace);
    const carrier = await tx.tags.current(located.model.id, input.tag);
    const version = carrier && (await tx.versions.get(carrier.versionId));
    if (carrier === undefined || version === undefined) throw missingTag(input.tag, pathOf(located));
    await takeTag(
      mutation,
      { modelId: located.model.id, path: `${pathOf(located)}@${carrier.version}` },
      input.tag,
    );
    const next = nextRevision(version, {}, now);
    await tx.versions.update(next);
    return versionView(tx, { ...located, kind: "version", version: next });
  });
}
