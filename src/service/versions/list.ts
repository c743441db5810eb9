import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { VersionView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { listPage, type Listed, type ListInput } from "../paging.ts";
import type { ParentReference } from "../references/parse.ts";
import { resolveModel, resolveNamespace } from "../references/resolve.ts";
import { versionViews } from "../views/versions.ts";

const SHAPE = {
  method: "ListModelVersions",
  orderFields: ["version", "created_at", "updated_at"],
  metricOrder: true,
};

/** Versions of a model, or of all models of a namespace. */
export function listModelVersions(
  context: ServiceContext,
  caller: Caller,
  { model, ...input }: ListInput & { readonly model: ParentReference },
): Promise<Listed<VersionView>> {
  return context.metadata.read(async (tx) => {
    const { scope, known } = await findScope(tx, caller, model);
    return listPage(
      SHAPE,
      scope,
      input,
      (query) => tx.versions.list(query),
      (rows) => versionViews(tx, rows, known),
    );
  });
}

/** Where to look, and the parents that are known. */
async function findScope(tx: MetadataReader, caller: Caller, parent: ParentReference) {
  if (parent.type === "all") {
    const namespace = await resolveNamespace(tx, caller, parent.namespace);
    return { scope: { type: "namespace", id: namespace.id } as const, known: { namespaces: [namespace] } };
  }
  const { namespace, model } = await resolveModel(tx, caller, parent);
  return {
    scope: { type: "parent", id: model.id } as const,
    known: { namespaces: [namespace], models: [model] },
  };
}
