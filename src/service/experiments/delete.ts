import type { ExperimentView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import type { DeleteOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { hasAddedArtifacts } from "../deletion/artifacts.ts";
import { isEmpty } from "../deletion/every-page.ts";
import { removeExperiment } from "../deletion/experiments.ts";
import { notEmpty, startRemoval } from "../deletion/removal.ts";
import { requireEtag } from "../etag.ts";
import { mutate } from "../mutation.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveExperiment } from "../references/resolve.ts";
import { experimentView } from "../views/experiments.ts";

/** Deletes an experiment, with its content only when the call is recursive; returns it as it was. */
export function deleteExperiment(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: DeleteOptions & { readonly experiment: ChildReference },
): Promise<ExperimentView> {
  const call = { method: "DeleteExperiment", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const located = await resolveExperiment(tx, caller, input.experiment);
    requireWritable(caller, located.namespace);
    const view = await experimentView(tx, located);
    requireEtag(view, view.path, input.etag);
    if (!input.recursive) {
      const scope = { type: "parent", id: view.id } as const;
      if (!(await isEmpty((query) => tx.checkpoints.list(query), scope))) {
        throw notEmpty("experiment", view.path, "checkpoints");
      }
      if (await hasAddedArtifacts(tx, view.id)) throw notEmpty("experiment", view.path, "artifacts");
    }
    await removeExperiment(startRemoval(mutation), view);
    return view;
  });
}
