import type { Namespace } from "../../domain/entities.ts";
import type { NamespaceView } from "../../domain/views.ts";
import { requireWritable } from "../access.ts";
import { changedFields, type UpdateOptions } from "../changing.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { nextRevision, requireEtag } from "../etag.ts";
import { mutate } from "../mutation.ts";
import { recordObject } from "../record.ts";
import { nameTaken } from "../name-taken.ts";
import { resolveNamespace } from "../references/resolve.ts";
import { namespaceView } from "../views/namespaces.ts";

export interface UpdateNamespaceInput extends UpdateOptions {
  readonly namespace: string;
  readonly changes: Partial<Pick<Namespace, "name" | "owner" | "description" | "quotaBytes">>;
}

export function updateNamespace(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...input }: UpdateNamespaceInput,
): Promise<NamespaceView> {
  const call = { method: "UpdateNamespace", requestId, request: input };
  return mutate(context, caller, call, async (mutation) => {
    const { tx, now } = mutation;
    const namespace = await resolveNamespace(tx, caller, input.namespace);
    requireWritable(caller, namespace);
    requireEtag(namespace, namespace.name, input.etag);
    const changes = changedFields(namespace, input.changes);
    if (Object.keys(changes).length === 0) return namespaceView(tx, namespace);
    if (changes.name !== undefined && (await tx.namespaces.findByName("", changes.name)) !== undefined) {
      throw nameTaken("namespace", changes.name);
    }
    const next = nextRevision(namespace, changes, now);
    await tx.namespaces.update(next);
    const value = await namespaceView(tx, next);
    await recordObject(mutation, "updated", { type: "namespace", value });
    return value;
  });
}
