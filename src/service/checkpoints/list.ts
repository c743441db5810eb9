import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { CheckpointView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { listPage, type Listed, type ListInput } from "../paging.ts";
import type { ParentReference } from "../references/parse.ts";
import { resolveExperiment, resolveNamespace } from "../references/resolve.ts";
import { checkpointViews } from "../views/checkpoints.ts";

const SHAPE = {
  method: "ListCheckpoints",
  orderFields: ["name", "step", "created_at", "updated_at"],
  metricOrder: true,
};

/** Checkpoints of an experiment, or of all experiments of a namespace. */
export function listCheckpoints(
  context: ServiceContext,
  caller: Caller,
  { experiment, ...input }: ListInput & { readonly experiment: ParentReference },
): Promise<Listed<CheckpointView>> {
  return context.metadata.read(async (tx) => {
    const { scope, known } = await findScope(tx, caller, experiment);
    return listPage(
      SHAPE,
      scope,
      input,
      (query) => tx.checkpoints.list(query),
      (rows) => checkpointViews(tx, rows, known),
    );
  });
}

/** Where to look, and the parents that are known. */
async function findScope(tx: MetadataReader, caller: Caller, parent: ParentReference) {
  if (parent.type === "all") {
    const namespace = await resolveNamespace(tx, caller, parent.namespace);
    return { scope: { type: "namespace", id: namespace.id } as const, known: { namespaces: [namespace] } };
  }
  const { namespace, experiment } = await resolveExperiment(tx, caller, parent);
  return {
    scope: { type: "parent", id: experiment.id } as const,
    known: { namespaces: [namespace], experiments: [experiment] },
  };
}
