import type { Model, Namespace, TagAssignment } from "../../domain/entities.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { ModelView } from "../../domain/views.ts";
import type { LocatedModel } from "../references/located.ts";
import { loadParents, parentOf, single } from "./single.ts";

/** Models as callers see them, in the same order; a fixed number of queries for all, sent together. `known` saves some. */
export async function modelViews(
  tx: MetadataReader,
  models: readonly Model[],
  known: { readonly namespaces?: readonly Namespace[] } = {},
): Promise<ModelView[]> {
  if (models.length === 0) return [];
  const ids = models.map((one) => one.id);
  const [namespaces, labels, assignments] = await Promise.all([
    loadParents(
      known.namespaces ?? [],
      models.map((one) => one.namespaceId),
      (missing) => tx.namespaces.getMany(missing),
    ),
    tx.labels.getMany(ids),
    tx.tags.forModels(ids),
  ]);
  const tags = Map.groupBy(assignments, (one) => one.modelId);
  return models.map((one) => ({
    ...one,
    path: `${parentOf(namespaces, one.namespaceId).name}/${one.name}`,
    labels: labels.get(one.id) ?? {},
    tags: tagsToVersions(tags.get(one.id) ?? []),
  }));
}

export async function modelView(tx: MetadataReader, { namespace, model }: LocatedModel): Promise<ModelView> {
  return single(await modelViews(tx, [model], { namespaces: [namespace] }));
}

function tagsToVersions(assignments: readonly TagAssignment[]): Record<string, string> {
  return Object.fromEntries(assignments.map((one) => [one.tag, one.version]));
}
