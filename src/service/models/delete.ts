import type { ModelView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import type { DeleteOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { hasAddedArtifacts } from "../deletion/artifacts.ts";
import { isEmpty } from "../deletion/every-page.ts";
import { removeModel } from "../deletion/models.ts";
import { notEmpty, startRemoval } from "../deletion/removal.ts";
import { requireEtag } from "../etag.ts";
import { mutate } from "../mutation.ts";
import type { ChildReference } from "../references/parse.ts";
import { resolveModel } from "../references/resolve.ts";
import { modelView } from "../views/models.ts";

/** Deletes a model, with its content only when the call is recursive; returns it as it was. */
export function deleteModel(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: DeleteOptions & { readonly model: ChildReference },
): Promise<ModelView> {
  const call = { method: "DeleteModel", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const located = await resolveModel(tx, caller, input.model);
    requireWritable(caller, located.namespace);
    const view = await modelView(tx, located);
    requireEtag(view, view.path, input.etag);
    if (!input.recursive) {
      const scope = { type: "parent", id: view.id } as const;
      if (!(await isEmpty((query) => tx.versions.list(query), scope)))
        throw notEmpty("model", view.path, "versions");
      if (await hasAddedArtifacts(tx, view.id)) throw notEmpty("model", view.path, "artifacts");
    }
    await removeModel(startRemoval(mutation), view);
    return view;
  });
}
