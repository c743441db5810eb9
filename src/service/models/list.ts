import type { ModelView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { listPage, type Listed, type ListInput } from "../paging.ts";
import { resolveNamespace } from "../references/resolve.ts";
import { modelViews } from "../views/models.ts";

const SHAPE = { method: "ListModels", orderFields: ["name", "created_at", "updated_at"], metricOrder: false };

export function listModels(
  context: ServiceContext,
  caller: Caller,
  { namespace, ...input }: ListInput & { readonly namespace: string },
): Promise<Listed<ModelView>> {
  return context.metadata.read(async (tx) => {
    const parent = await resolveNamespace(tx, caller, namespace);
    return listPage(
      SHAPE,
      { type: "namespace", id: parent.id },
      input,
      (query) => tx.models.list(query),
      (rows) => modelViews(tx, rows, { namespaces: [parent] }),
    );
  });
}
