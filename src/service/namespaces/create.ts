import type { NamespaceView } from "../../domain/views.ts";
import { requireMayCreateNamespaces } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { clash } from "../clash.ts";
import { mutate } from "../mutation.ts";
import { namespaceView } from "../views/namespaces.ts";
import { addNamespace, namespaceFingerprint, type NewNamespace } from "./add.ts";

export interface CreateNamespaceInput extends NewNamespace {
  readonly requestId: string;
}

/** Creates a namespace, or returns the one that was created with the same fields. */
export function createNamespace(
  context: ServiceContext,
  caller: Caller,
  { requestId, ...fields }: CreateNamespaceInput,
): Promise<{ namespace: NamespaceView; exists: boolean }> {
  const call = { method: "CreateNamespace", requestId, request: fields };
  return mutate(context, caller, call, async (mutation) => {
    requireMayCreateNamespaces(caller, fields.name);
    const found = await mutation.tx.namespaces.findByName("", fields.name);
    if (found === undefined) {
      return {
        namespace: { ...(await addNamespace(mutation, fields)), labels: fields.labels },
        exists: false,
      };
    }
    const view = await namespaceView(mutation.tx, found);
    if (found.fingerprint !== namespaceFingerprint(fields))
      throw clash("namespace", found.name, view, fields);
    return { namespace: view, exists: true };
  });
}
