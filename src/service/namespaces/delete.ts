import type { NamespaceView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import type { DeleteOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { hasAddedArtifacts, recordAddedArtifacts } from "../deletion/artifacts.ts";
import { isEmpty } from "../deletion/every-page.ts";
import { removeExperimentsOf } from "../deletion/experiments.ts";
import { removeModelsOf } from "../deletion/models.ts";
import { notEmpty, startRemoval } from "../deletion/removal.ts";
import { requireEtag } from "../etag.ts";
import { mutate } from "../mutation.ts";
import { resolveNamespace } from "../references/resolve.ts";
import { namespaceView } from "../views/namespaces.ts";

/** Deletes a namespace, with its content only when the call is recursive; returns it as it was. */
export function deleteNamespace(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: DeleteOptions & { readonly namespace: string },
): Promise<NamespaceView> {
  const call = { method: "DeleteNamespace", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx } = mutation;
    const namespace = await resolveNamespace(tx, caller, input.namespace);
    requireWritable(caller, namespace);
    requireEtag(namespace, namespace.name, input.etag);
    const { id, name } = namespace;
    if (!input.recursive) {
      const scope = { type: "namespace", id } as const;
      const full = (content: string) => notEmpty("namespace", name, content);
      if (!(await isEmpty((query) => tx.experiments.list(query), scope))) throw full("experiments");
      if (!(await isEmpty((query) => tx.models.list(query), scope))) throw full("models");
      if (await hasAddedArtifacts(tx, id)) throw full("artifacts");
    }
    const view = await namespaceView(tx, namespace);
    const removal = startRemoval(mutation);
    await removeExperimentsOf(removal, id);
    await removeModelsOf(removal, id);
    await recordAddedArtifacts(removal, { id, path: name });
    await tx.namespaces.delete(id);
    await removal.deleted({ type: "namespace", value: view });
    return view;
  });
}
