import type { Model, ModelVersion, Namespace } from "../../domain/entities.ts";
import { MAX_INLINE_METRICS } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { VersionView } from "../../domain/views.ts";
import type { LocatedVersion } from "../references/located.ts";
import { loadParents, parentOf, single } from "./single.ts";

/** Versions as callers see them, in the same order; a fixed number of queries for all. `known` saves some. */
export async function versionViews(
  tx: MetadataReader,
  versions: readonly ModelVersion[],
  known: { readonly namespaces?: readonly Namespace[]; readonly models?: readonly Model[] } = {},
): Promise<VersionView[]> {
  if (versions.length === 0) return [];
  const ids = versions.map((one) => one.id);
  const namespaces = await loadParents(
    known.namespaces ?? [],
    versions.map((one) => one.namespaceId),
    (missing) => tx.namespaces.getMany(missing),
  );
  const models = await loadParents(
    known.models ?? [],
    versions.map((one) => one.modelId),
    (missing) => tx.models.getMany(missing),
  );
  const artifacts = new Map((await tx.artifacts.defaults(ids)).map((one) => [one.objectId, one]));
  const labels = await tx.labels.getMany(ids);
  const metrics = await tx.metrics.latestMany(ids, MAX_INLINE_METRICS);
  const tags = Map.groupBy(await tx.tags.forVersions(ids), (one) => one.versionId);
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
