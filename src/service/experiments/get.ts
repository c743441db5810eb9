import type { ExperimentView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveExperiment } from "../references/resolve.ts";
import { experimentView } from "../views/experiments.ts";

export function getExperiment(
  context: ServiceContext,
  caller: Caller,
  reference: ChildReference,
): Promise<ExperimentView> {
  return context.metadata.read(async (tx) => {
    return experimentView(tx, await resolveExperiment(tx, caller, reference));
  });
}
