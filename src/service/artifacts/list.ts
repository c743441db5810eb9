import type { ArtifactView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { listPage, type Listed, type ListInput } from "../paging.ts";
import { idOf, pathOf, requireLabelled } from "../references/located.ts";
import type { ObjectReference } from "../references/parse.ts";
import { resolveObject } from "../references/resolve.ts";

const SHAPE = { method: "ListArtifacts", orderFields: ["name", "created_at"], metricOrder: false };

/** Artifacts of an object, the default one included. */
export function listArtifacts(
  context: ServiceContext,
  caller: Caller,
  { object, ...input }: ListInput & { readonly object: ObjectReference },
): Promise<Listed<ArtifactView>> {
  return context.metadata.read(async (tx) => {
    const located = requireLabelled(await resolveObject(tx, caller, object));
    const objectPath = pathOf(located);
    return listPage(
      SHAPE,
      { type: "parent", id: idOf(located) },
      input,
      (query) => tx.artifacts.list(query),
      (rows) => rows.map((one) => ({ ...one, objectPath })),
    );
  });
}
