import type { NamespaceView } from "../../domain/views.ts";
import { canRead } from "../access.ts";
import type { Caller, ServiceContext } from "../context.ts";
import { listPage, type Listed, type ListInput } from "../paging.ts";
import { namespaceViews } from "../views/namespaces.ts";

const SHAPE = {
  method: "ListNamespaces",
  orderFields: ["name", "created_at", "updated_at"],
  metricOrder: false,
};

/** A page may have fewer rows than asked for where the caller may not read all namespaces. */
export function listNamespaces(
  context: ServiceContext,
  caller: Caller,
  input: ListInput,
): Promise<Listed<NamespaceView>> {
  return context.metadata.read(async (tx) => {
    const page = await listPage(
      SHAPE,
      { type: "all" },
      input,
      (query) => tx.namespaces.list(query),
      (rows) => namespaceViews(tx, rows),
    );
    return { ...page, items: page.items.filter((one) => canRead(caller, one.id)) };
  });
}
