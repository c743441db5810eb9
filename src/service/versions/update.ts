import type { ModelVersion } from "../../domain/entities.ts";
import type { VersionView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import { changedFields, type UpdateOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { nextRevision, requireEtag } from "../etag.ts";
import { mutate } from "../mutation.ts";
import { recordObject } from "../record.ts";
import { pathOf } from "../references/located.ts";
import type { VersionReference } from "../references/parse.ts";
import { resolveVersion } from "../references/resolve.ts";
import { versionView } from "../views/versions.ts";

export interface UpdateModelVersionInput extends UpdateOptions {
  readonly version: VersionReference;
  readonly changes: Partial<Pick<ModelVersion, "name" | "description" | "framework">>;
}

export function updateModelVersion(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: UpdateModelVersionInput,
): Promise<VersionView> {
  const call = { method: "UpdateModelVersion", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const located = await resolveVersion(tx, caller, input.version);
    const { namespace, version } = located;
    requireWritable(caller, namespace);
    requireEtag(version, pathOf(located), input.etag);
    const changes = changedFields(version, input.changes);
    if (Object.keys(changes).length === 0) return versionView(tx, located);
    const next = nextRevision(version, changes, now);
    await tx.versions.update(next);
    const value = await versionView(tx, { ...located, version: next });
    await recordObject(mutation, "updated", { type: "version", value });
    return value;
  });
}
