import type { Experiment, Namespace } from "../../domain/entities.ts";
import { MAX_INLINE_METRICS } from "../../domain/limits.ts";
import type { MetadataReader } from "../../domain/metadata-store.ts";
import type { ExperimentView } from "../../domain/views.ts";
import type { LocatedExperiment } from "../references/located.ts";
import { loadParents, parentOf, single } from "./single.ts";

/** Experiments as callers see them, in the same order; a fixed number of queries for all, sent together. `known` saves some. */
export async function experimentViews(
  tx: MetadataReader,
  experiments: readonly Experiment[],
  known: { readonly namespaces?: readonly Namespace[] } = {},
): Promise<ExperimentView[]> {
  if (experiments.length === 0) return [];
  const ids = experiments.map((one) => one.id);
  const [namespaces, labels, metrics] = await Promise.all([
    loadParents(
      known.namespaces ?? [],
      experiments.map((one) => one.namespaceId),
      (missing) => tx.namespaces.getMany(missing),
    ),
    tx.labels.getMany(ids),
    tx.metrics.latestMany(ids, MAX_INLINE_METRICS),
  ]);
  return experiments.map((one) => ({
    ...one,
    path: `${parentOf(namespaces, one.namespaceId).name}/${one.name}`,
    labels: labels.get(one.id) ?? {},
    metrics: metrics.get(one.id) ?? {},
  }));
}

export async function experimentView(
  tx: MetadataReader,
  { namespace, experiment }: LocatedExperiment,
): Promise<ExperimentView> {
  return single(await experimentViews(tx, [experiment], { namespaces: [namespace] }));
}
