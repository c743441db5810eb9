import type { Namespace } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { NamespaceView } from "../../domain/views.ts";
import { single } from "./single.ts";

/** Namespaces with their labels, in the same order; one query for all. */
export async function namespaceViews(
  tx: MetadataReader,
  namespaces: readonly Namespace[],
): Promise<NamespaceView[]> {
  const labels = await tx.labels.getMany(namespaces.map((one) => one.id));
  return namespaces.map((one) => ({ ...one, labels: labels.get(one.id) ?? {} }));
}

export async function namespaceView(tx: MetadataReader, namespace: Namespace): Promise<NamespaceView> {
  return single(await namespaceViews(tx, [namespace]));
}
