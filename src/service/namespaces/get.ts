import type { NamespaceView } from "../../domain/views.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { resolveNamespace } from "../references/resolve.ts";
import { namespaceView } from "../views/namespaces.ts";

export function getNamespace(
  context: ServiceContext,
  caller: Caller,
  reference: string,
): Promise<NamespaceView> {
  return context.metadata.read(async (tx) =>
    namespaceView(tx, await resolveNamespace(tx, caller, reference)),
  );
}
