import type { ExperimentView } from "../../domain/views.ts";
import { experimentViews } from "../views/experiments.ts";
import { recordAddedArtifacts } from "./artifacts.ts";
import { removeCheckpointsOf } from "./checkpoints.ts";
import { everyPage } from "./every-page.ts";
import { requireUnprotected } from "./protection.ts";
import type { Removal } from "./removal.ts";

/** Deletes all experiments of a namespace. */
export async function removeExperimentsOf(removal: Removal, namespaceId: string): Promise<void> {
  const { tx } = removal.mutation;
  for await (const page of everyPage((query) => tx.experiments.list(query), {
    type: "namespace",
    id: namespaceId,
  })) {
    for (const view of await experimentViews(tx, page)) await removeExperiment(removal, view);
  }
}

/** Deletes an experiment with its checkpoints and artifacts; throws while a run holds it. */
export async function removeExperiment(removal: Removal, experiment: ExperimentView): Promise<void> {
  await requireUnprotected(removal.mutation, experiment, "run");
  await removeCheckpointsOf(removal, experiment.id);
  await recordAddedArtifacts(removal, experiment);
  await removal.mutation.tx.experiments.delete(experiment.id);
  await removal.deleted({ type: "experiment", value: experiment });
}
