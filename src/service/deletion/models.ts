import type { ModelView } from "../../domain/views.ts";
import { modelViews } from "../views/models.ts";
import { recordAddedArtifacts } from "./artifacts.ts";
import { everyPage } from "./every-page.ts";
import type { Removal } from "./removal.ts";
import { removeVersionsOf } from "./versions.ts";

/** Deletes all models of a namespace. */
export async function removeModelsOf(removal: Removal, namespaceId: string): Promise<void> {
  const { tx } = removal.mutation;
  for await (const page of everyPage((query) => tx.models.list(query), {
    type: "namespace",
    id: namespaceId,
  })) {
    for (const view of await modelViews(tx, page)) await removeModel(removal, view);
  }
}

/** Deletes a model with its versions, tags and artifacts. */
export async function removeModel(removal: Removal, model: ModelView): Promise<void> {
  await removeVersionsOf(removal, model.id);
  await recordAddedArtifacts(removal, model);
  await removal.mutation.tx.models.delete(model.id);
  await removal.deleted({ type: "model", value: model });
}
