import type { ExperimentView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { listPage, type Listed, type ListInput } from "../paging.ts";
import { resolveNamespace } from "../references/resolve.ts";
import { experimentViews } from "../views/experiments.ts";

const SHAPE = {
  method: "ListExperiments",
  orderFields: ["name", "created_at", "updated_at"],
  metricOrder: true,
};

export function listExperiments(
  context: ServiceContext,
  caller: Caller,
  { namespace, ...input }: ListInput & { readonly namespace: string },
): Promise<Listed<ExperimentView>> {
  return context.metadata.read(async (tx) => {
    const parent = await resolveNamespace(tx, caller, namespace);
    return listPage(
      SHAPE,
      { type: "namespace", id: parent.id },
      input,
      (query) => tx.experiments.list(query),
      (rows) => experimentViews(tx, rows, { namespaces: [parent] }),
    );
  });
}
