import type { Model, ModelVersion, Namespace } from "../../domain/entities.ts";
import { MAX_INLINE_METRICS } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { VersionView } from "../../domain/views.ts";
import type { LocatedVersion } from "../references/located.ts";
import { loadParents, parentOf, single } from "./single.ts";

/** Versions as callers see them, in the same order; a fixed number of queries for all, sent together. `known` saves some. */
export async function versionViews(
  tx: MetadataReader,
  versions: readonly ModelVersion[],
  known: { readonly namespaces?: readonly Namespace[]; readonly models?: readonly Model[] } = {},
): Promise<VersionView[]> {
  if (versions.length === 0) return [];
  const ids = versions.map((one) => one.id);
  const [namespaces, models, defaults, labels, metrics, assignments] = await Promise.all([
    loadParents(
      known.namespaces ?? [],
      versions.map((one) => one.namespaceId),
      (missing) => tx.namespaces.getMany(missing),
    ),
    loadParents(
      known.models ?? [],
      versions.map((one) => one.modelId),
      (missing) => tx.models.getMany(missing),
    ),
    tx.artifacts.defaults(ids),
    tx.labels.getMany(ids),
    tx.metrics.latestMany(ids, MAX_INLINE_METRICS),
    tx.tags.forVersions(ids),
  ]);
  const artifacts = new Map(defaults.map((one) => [one.objectId, one]));
  const tags = Map.groupBy(assignments, (one) => one.versionId);
  return versions.map((one) => {
    const namespace = parentOf(namespaces, one.namespaceId);
    const path = `${namespace.name}/${parentOf(models, one.modelId).name}@${one.version}`;
    return {
      ...one,
      path,
      labels: labels.get(one.id) ?? {},
      metrics: metrics.get(one.id) ?? {},
      tags: tags.get(one.id) ?? [],
      artifact: { ...parentOf(artifacts, one.id), objectPath: path },
    };
  });
}

export async function versionView(
  tx: MetadataReader,
  { namespace, model, version }: LocatedVersion,
): Promise<VersionView> {
  return single(await versionViews(tx, [version], { namespaces: [namespace], models: [model] }));
}
