import type { Model } from "../../domain/entities.ts";
import type { ModelView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import { changedFields, type UpdateOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { nextRevision, requireEtag } from "../etag.ts";
import { mutate } from "../mutation.ts";
import { nameTaken } from "../name-taken.ts";
import { recordObject } from "../record.ts";
import { pathOf } from "../references/located.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveModel } from "../references/resolve.ts";
import { modelView } from "../views/models.ts";

export interface UpdateModelInput extends UpdateOptions {
  readonly model: ChildReference;
  readonly changes: Partial<Pick<Model, "name" | "owner" | "task" | "description">>;
}

export function updateModel(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: UpdateModelInput,
): Promise<ModelView> {
  const call = { method: "UpdateModel", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const located = await resolveModel(tx, caller, input.model);
    const { namespace, model } = located;
    requireWritable(caller, namespace);
    requireEtag(model, pathOf(located), input.etag);
    const changes = changedFields(model, input.changes);
    if (Object.keys(changes).length === 0) return modelView(tx, located);
    if (
      changes.name !== undefined &&
      (await tx.models.findByName(namespace.id, changes.name)) !== undefined
    ) {
      throw nameTaken("model", `${namespace.name}/${changes.name}`);
    }
    const next = nextRevision(model, changes, now);
    await tx.models.update(next);
    const value = await modelView(tx, { ...located, model: next });
    await recordObject(mutation, "updated", { type: "model", value });
    return value;
  });
}
