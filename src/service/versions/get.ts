import type { VersionView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import type { VersionReference } from "../references/parse.ts";
import { resolveVersion } from "../references/resolve.ts";
import { versionView } from "../views/versions.ts";

export function getModelVersion(
  context: ServiceContext,
  caller: Caller,
  reference: VersionReference,
): Promise<VersionView> {
  return context.metadata.read(async (tx) => {
    return versionView(tx, await resolveVersion(tx, caller, reference));
  });
}
