import type { ModelView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveModel } from "../references/resolve.ts";
import { modelView } from "../views/models.ts";

export function getModel(
  context: ServiceContext,
  caller: Caller,
  reference: ChildReference,
): Promise<ModelView> {
  return context.metadata.read(async (tx) => {
    return modelView(tx, await resolveModel(tx, caller, reference));
  });
}
