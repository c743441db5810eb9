import type { Experiment } from "../../domain/entities.ts";
import type { ExperimentView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import { changedFields, type UpdateOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { nextRevision, requireEtag } from "../etag.ts";
import { mutate } from "../mutation.ts";
import { nameTaken } from "../name-taken.ts";
import { recordObject } from "../record.ts";
import { pathOf } from "../references/located.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveExperiment } from "../references/resolve.ts";
import { experimentView } from "../views/experiments.ts";
import { requireFreeExternalId } from "./create.ts";

export interface UpdateExperimentInput extends UpdateOptions {
  readonly experiment: ChildReference;
  readonly changes: Partial<Pick<Experiment, "name" | "owner" | "externalId" | "framework" | "description">>;
}

export function updateExperiment(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: UpdateExperimentInput,
): Promise<ExperimentView> {
  const call = { method: "UpdateExperiment", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const located = await resolveExperiment(tx, caller, input.experiment);
    const { namespace, experiment } = located;
    requireWritable(caller, namespace);
    requireEtag(experiment, pathOf(located), input.etag);
    const changes = changedFields(experiment, input.changes);
    if (Object.keys(changes).length === 0) return experimentView(tx, located);
    if (
      changes.name !== undefined &&
      (await tx.experiments.findByName(namespace.id, changes.name)) !== undefined
    ) {
      throw nameTaken("experiment", `${namespace.name}/${changes.name}`);
    }
    if (changes.externalId !== undefined) await requireFreeExternalId(tx, namespace, changes.externalId);
    const next = nextRevision(experiment, changes, now);
    await tx.experiments.update(next);
    const value = await experimentView(tx, { ...located, experiment: next });
    await recordObject(mutation, "updated", { type: "experiment", value });
    return value;
  });
}
